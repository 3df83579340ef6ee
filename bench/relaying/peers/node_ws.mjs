// A relay on ws, in the shape that the origins' have it: node node_ws.mjs PORT PROVIDER raw|parse
import process from 'node:process'
import { WebSocket, WebSocketServer } from 'ws'

const [port, provider, mode] = process.argv.slice(2)
const server = new WebSocketServer({ port: Number(port), host: '127.0.0.1', backlog: 1024, perMessageDeflate: false })
const WORDS = 'response.output_audio_transcript.delta'

server.on('connection', (client) => {
  const upstream = new WebSocket(`${provider}/v1/realtime?model=gpt-realtime`, { perMessageDeflate: false })
  const early = []
  const lines = []
  const pass = (to, data) => {
    if (mode === 'parse') {
      const event = JSON.parse(data.toString())
      if (event.type === WORDS) {
        lines.push(event.delta)
        if (lines.length > 100) lines.shift()
      }
    }
    to.send(data, { binary: false })
  }
  upstream.on('open', () => {
    for (const data of early.splice(0)) pass(upstream, data)
  })
  client.on('message', (data) => (upstream.readyState === WebSocket.OPEN ? pass(upstream, data) : early.push(data)))
  upstream.on('message', (data) => pass(client, data))
  client.on('close', () => upstream.close())
  upstream.on('close', () => client.close())
  client.on('error', () => upstream.terminate())
  upstream.on('error', () => client.terminate())
})
