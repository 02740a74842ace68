// The MCP SDK's own client connects to an MCP server behind "signet protect".

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { backend, issuer, Person, secretKey } from './person.js'

// sampleServer is an MCP server that knows nothing of OAuth. Its one tool says who
// asks.
async function sampleServer(t) {
  const app = express()
  app.use(express.json())
  app.post('/mcp', async (req, res) => {
    assert.equal(req.headers.authorization, undefined)
    const server = new McpServer({ name: 'sample', version: '1.0.0' })
    server.registerTool('whoami', { description: 'Who asks' }, async () => ({ content: [{ type: 'text', text: req.headers['x-signet-user'] }] }))
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
    await server.connect(transport)
    await transport.handleRequest(req, res, req.body)
  })
  const listening = app.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  t.after(() => shut(listening))
  return `http://127.0.0.1:${listening.address().port}`
}

// shut ends a server with all its connections, one of which may still wait for events.
function shut(server) {
  server.close()
  server.closeAllConnections()
}

// freeAddress is one that nobody listens at.
async function freeAddress() {
  const probe = createServer({}).listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return `127.0.0.1:${port}`
}

// protect runs "signet protect" in front of it.
async function protect(t, upstream, env) {
  const listen = await freeAddress()
  const child = spawn(process.env.SIGNET_TEST_BINARY, ['protect', '--upstream', upstream, '--issuer', issuer, '--listen', listen, '--resource', `http://${listen}/mcp`], { env: { ...process.env, ...env } })
  t.after(() => child.kill())
  let said = ''
  child.stderr.on('data', text => { said += text })
  const ended = once(child, 'exit').then(() => { throw new Error(`signet protect has ended: ${said}`) })
  ended.catch(() => {}) // it also ends with the test
  await Promise.race([once(child.stdout, 'data'), ended])
  for (let tries = 0; tries < 200; tries++) {
    try {
      await fetch(`http://${listen}/.well-known/oauth-protected-resource`)
      return `http://${listen}/mcp`
    } catch {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  throw new Error('signet protect does not answer')
}

// provider is what an MCP client keeps. It asks for no scopes.
function provider(callback, clientMetadataUrl) {
  const kept = {}
  return {
    kept,
    clientMetadataUrl,
    redirectUrl: callback,
    clientMetadata: { redirect_uris: [callback], client_name: 'Agent', token_endpoint_auth_method: 'none' },
    state: () => 'af0ifjsldkj',
    clientInformation: () => kept.client,
    saveClientInformation: client => { kept.client = client },
    tokens: () => kept.tokens,
    saveTokens: tokens => { kept.tokens = tokens },
    redirectToAuthorization: url => { kept.url = url },
    saveCodeVerifier: verifier => { kept.verifier = verifier },
    codeVerifier: () => kept.verifier,
  }
}

// connect goes from a 401 to a call of a tool, with nothing configured.
async function connect(server, agent, person) {
  const transport = new StreamableHTTPClientTransport(new URL(server), { authProvider: agent })
  await assert.rejects(new Client({ name: 'agent', version: '1.0.0' }).connect(transport), UnauthorizedError)
  assert.equal(agent.kept.url.searchParams.get('resource'), server)
  const { left } = await person.agree(agent.kept.url)
  assert.ok(left, 'the browser did not come back')
  assert.equal(left.searchParams.get('iss'), issuer)
  await transport.finishAuth(left.searchParams.get('code'))
  const client = new Client({ name: 'agent', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(server), { authProvider: agent }))
  const answer = await client.callTool({ name: 'whoami' })
  await client.close()
  return answer.content[0].text
}

test('by dynamic registration', async t => {
  await backend('PATCH', '/v1/instance/oauth_application_settings', { dynamic_oauth_client_registration: true })
  const server = await protect(t, await sampleServer(t), { SIGNET_SECRET_KEY: secretKey })
  const callback = 'http://127.0.0.1:7777/callback'
  const agent = provider(callback)
  assert.match(await connect(server, agent, new Person(callback)), /^user_/)
  assert.match(agent.kept.client.client_id, /^dcr_/)
  const foreign = await fetch(server, { method: 'POST', headers: { Authorization: 'Bearer oat_forged' } })
  await foreign.text() // an answer that is not read keeps its connection, and this process
  assert.equal(foreign.status, 401)
  assert.match(foreign.headers.get('www-authenticate'), /resource_metadata=".*", error="invalid_token"/)
})

test('by a client ID metadata document, with JWT access tokens and no secret key', async t => {
  await backend('PATCH', '/v1/instance/oauth_application_settings', { client_id_metadata_documents_advertised: true, oauth_jwt_access_tokens: true })
  t.after(() => backend('PATCH', '/v1/instance/oauth_application_settings', { oauth_jwt_access_tokens: false }))
  const [host, port] = process.env.SIGNET_TEST_DOCUMENTS.split(':')
  const id = `https://${host}:${port}/client.json`
  const site = createServer({ cert: readFileSync(process.env.SIGNET_TEST_CERT), key: readFileSync(process.env.SIGNET_TEST_KEY) }, (_req, res) => {
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ client_id: id, client_name: 'Agent', redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' }))
  }).listen(Number(port), host)
  await once(site, 'listening')
  t.after(() => shut(site))
  const callback = 'http://127.0.0.1:7778/callback' // any port will do
  const server = await protect(t, await sampleServer(t), { SIGNET_SECRET_KEY: '' })
  const agent = provider(callback, id)
  assert.match(await connect(server, agent, new Person(callback)), /^user_/)
  assert.equal(agent.kept.client.client_id, id)
})
