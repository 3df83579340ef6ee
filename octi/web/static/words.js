/** What the voice page says, in English and French. */

/** @type {Record<string, Record<string, string>>} */
export const WORDS = {
  en: {
    title: "Talk with the agent",
    voice: "Voice",
    language: "Language",
    you: "You",
    agent: "Agent",
    start: "Start talking",
    stop: "End",
    restart: "Start again",
    retry: "Try again",
    goOn: "Go on",
    goOnNow: "Go on now",
    speak: "Speak",
    hold: "Hold to talk",
    handsFree: "Hands-free",
    mute: "Mute",
    muted: "Muted",
    type: "Type a message",
    send: "Send",
    conversation: "Conversation",
    empty: "What you both say will stand here.",
    profile: "What the agent knows of you",
    nothing: "Nothing yet.",
    noProfile: "A client secret does not show it.",
    said: "said",
    consent: "This conversation is recorded.",
    latency: "Answered after {last} · median of {count}: {middle}",
    latencyFirst: "Answered after {last}",
    next: "From the next conversation on.",
    secret: "Client secret",
    secretHint: "This octi asks who comes: it begins with ek_, and whoever runs this octi has it made for you.",
    secretUse: "Use it",
    secretBad: "This secret is unknown, or has expired.",
    typedOnly: "This octi can only be typed to just now.",
    keys: "Hold the space bar to talk · Esc silences the agent",
    console: "For operators",
    "state-idle": "Ready when you are",
    "state-connecting": "Connecting…",
    "state-listening": "Listening",
    "state-typed": "Type a message",
    "state-holding": "Hold the button, or the space bar, and speak",
    "state-held": "Listening: let go when you have finished",
    "state-thinking": "Thinking…",
    "state-speaking": "Speaking",
    "state-reconnecting": "The connection is lost. Trying again…",
    "state-ended": "The conversation is over",
    "state-refused": "The microphone was refused. Allow it in your browser, or type.",
    "state-no-microphone": "No microphone was found. Plug one in, or type.",
    "state-insecure": "Browsers give the microphone to https pages only. You can type.",
    "state-full": "octi is full just now. Try again in a moment.",
    "state-gone": "octi does not answer. You can go on where you were.",
  },
  fr: {
    title: "Parler avec l’agent",
    voice: "Voix",
    language: "Langue",
    you: "Vous",
    agent: "Agent",
    start: "Parler",
    stop: "Terminer",
    restart: "Recommencer",
    retry: "Réessayer",
    goOn: "Continuer",
    goOnNow: "Continuer maintenant",
    speak: "Parler",
    hold: "Maintenir pour parler",
    handsFree: "Mains libres",
    mute: "Muet",
    muted: "Micro coupé",
    type: "Écrire un message",
    send: "Envoyer",
    conversation: "Conversation",
    empty: "Ce que vous direz tous deux s’écrira ici.",
    profile: "Ce que l’agent sait de vous",
    nothing: "Rien encore.",
    noProfile: "Un secret de client ne le montre pas.",
    said: "dit",
    consent: "Cette conversation est enregistrée.",
    latency: "Réponse après {last} · médiane de {count} : {middle}",
    latencyFirst: "Réponse après {last}",
    next: "À partir de la prochaine conversation.",
    secret: "Secret de client",
    secretHint: "Cet octi demande qui vient : le secret commence par ek_, et qui gère cet octi vous le fait créer.",
    secretUse: "L’utiliser",
    secretBad: "Ce secret est inconnu, ou a expiré.",
    typedOnly: "Pour l’instant, on ne peut qu’écrire à cet octi.",
    keys: "Maintenez la barre d’espace pour parler · Échap fait taire l’agent",
    console: "Pour les opérateurs",
    "state-idle": "Quand vous voulez",
    "state-connecting": "Connexion…",
    "state-listening": "À l’écoute",
    "state-typed": "Écrivez un message",
    "state-holding": "Maintenez le bouton, ou la barre d’espace, et parlez",
    "state-held": "À l’écoute : relâchez quand vous avez fini",
    "state-thinking": "Réflexion…",
    "state-speaking": "Parle",
    "state-reconnecting": "La connexion est perdue. Nouvel essai…",
    "state-ended": "La conversation est terminée",
    "state-refused": "Le micro a été refusé. Autorisez-le dans votre navigateur, ou écrivez.",
    "state-no-microphone": "Aucun micro n’a été trouvé. Branchez-en un, ou écrivez.",
    "state-insecure": "Les navigateurs ne donnent le micro qu’aux pages https. Vous pouvez écrire.",
    "state-full": "octi est complet pour l’instant. Réessayez dans un moment.",
    "state-gone": "octi ne répond pas. Vous pourrez continuer là où vous étiez.",
  },
};

/** The language of ours that comes first among those that somebody reads. */
export function chosen(read, fallback) {
  const ours = read.map((each) => each.slice(0, 2).toLowerCase()).filter((each) => each in WORDS);
  return ours[0] ?? (fallback in WORDS ? fallback : "en");
}

const PLACES = [
  ["say", (element, words) => (element.textContent = words)],
  ["sayLabel", (element, words) => element.setAttribute("aria-label", words)],
  ["sayHint", (element, words) => element.setAttribute("placeholder", words)],
];

/** Put words into their places: `data-say` is an element's text, `data-say-label` its name, `…-hint` its hint. */
export function tell(root, language) {
  const words = WORDS[language];
  root.documentElement.lang = language;
  for (const [place, put] of PLACES) {
    const attribute = `data-${place.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const each of root.querySelectorAll(`[${attribute}]`)) put(each, words[each.dataset[place]]);
  }
}
