// Runs in each page before its own scripts: hears what it plays, and keeps what it says of itself, for the tests.
(() => {
  const QUIET = 0.003; // of full scale; a voice is a hundred times louder
  const BLOCK = 64; // samples
  const WINDOW = 32768; // samples that an analyser remembers: 1.4 s at 24 kHz
  const LOOK_MS = 100;
  const kept = { states: [], messages: [], violations: [], partials: [], sounds: [], tracks: [], microphone: null, deaf: 0 };
  const connect = AudioNode.prototype.connect;
  const ears = new Map(); // by context
  let heard = null; // the context that sounds

  Object.defineProperty(window, "ofTheTests", { value: kept });

  // What a page connects to its loudspeaker is connected to an analyser, too; that needs no script of its own, which
  // the page's Content-Security-Policy would have to allow.
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && to.context instanceof AudioContext) connect.call(this, ear(to.context));
    return connect.call(this, to, ...rest);
  };

  function ear(context) {
    heard = context;
    if (!ears.has(context)) {
      const analyser = new AnalyserNode(context, { fftSize: WINDOW });
      ears.set(context, analyser);
      let until = context.currentTime;
      setInterval(() => {
        until = listen(analyser, until);
      }, LOOK_MS);
    }
    return ears.get(context);
  }

  // Keeps [seconds of the sound's own clock, peak] for each block that has sounded since `from`; until when.
  function listen(analyser, from) {
    const { currentTime: now, sampleRate: rate } = analyser.context;
    const samples = new Float32Array(WINDOW);
    analyser.getFloatTimeDomainData(samples);
    const fresh = Math.floor(((now - from) * rate) / BLOCK) * BLOCK;
    if (fresh > WINDOW) kept.deaf += 1;
    for (let at = WINDOW - Math.min(fresh, WINDOW); at < WINDOW; at += BLOCK) {
      let peak = 0;
      for (let next = at; next < at + BLOCK; next++) peak = Math.max(peak, Math.abs(samples[next]));
      kept.sounds.push([now - (WINDOW - at) / rate, peak]);
    }
    return now;
  }

  const getUserMedia = navigator.mediaDevices?.getUserMedia;
  if (getUserMedia) {
    navigator.mediaDevices.getUserMedia = async function (...wanted) {
      const stream = await getUserMedia.apply(this, wanted);
      kept.microphone = performance.now();
      kept.tracks.push(...stream.getTracks());
      return stream;
    };
  }

  const loud = (from, to) => kept.sounds.filter(([at, peak]) => at > from && at < to && peak > QUIET);
  kept.loudest = () => kept.sounds.reduce((most, [, peak]) => Math.max(most, peak), 0);
  kept.heardUntil = () => kept.sounds.at(-1)?.[0] ?? 0;
  kept.lastSound = (from, to) => loud(from, to).at(-1)?.[0] ?? null;

  // Words that stood there before they were whole.
  new MutationObserver(() => {
    for (const turn of document.querySelectorAll("#captions .turn[data-partial]")) {
      kept.partials.push([turn.classList.contains("user") ? "user" : "agent", turn.innerText]);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

  document.addEventListener("octi:state", ({ detail }) => kept.states.push(detail.state));
  document.addEventListener("octi:event", ({ detail }) => {
    kept.messages.push({ ...detail.message, sound_s: heard?.currentTime ?? null, at_ms: performance.now() });
  });
  document.addEventListener("securitypolicyviolation", (event) => {
    kept.violations.push(`${event.effectiveDirective}: ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
  });
})();
