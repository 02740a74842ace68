// Webhooks through verifyWebhook of @clerk/backend.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { verifyWebhook } from '@clerk/backend/webhooks'
import { noted } from './record.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const secretKey = process.env.SIGNET_TEST_SECRET_KEY
const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })

const api = async (method, path, body) => {
  const answer = await fetch(apiUrl + path, {
    method, headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

test('verifyWebhook accepts what is sent, and nothing else', async t => {
  const messages = []
  const receiver = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    messages.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.end()
    receiver.emit('message')
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(() => receiver.close())
  const url = `http://127.0.0.1:${receiver.address().port}/`
  const webhook = await api('POST', '/v1/webhooks', { url, event_types: ['user.created', 'user.deleted'] })
  t.after(() => api('DELETE', `/v1/webhooks/${webhook.id}`))
  const next = async () => {
    if (messages.length === 0) await once(receiver, 'message')
    return messages.shift()
  }
  const request = (m, body = m.body, headers = m.headers) => new Request(url, { method: 'POST', headers, body })

  const user = await clerk.users.createUser({ username: `webhook${Date.now()}`, privateMetadata: { plan: 'pro' } })
  const created = await next()
  const event = await noted('verifyWebhook', () => verifyWebhook(request(created), { signingSecret: webhook.secret }))
  assert.equal(event.type, 'user.created')
  assert.equal(event.object, 'event')
  assert.equal(event.data.id, user.id)
  assert.equal(event.data.username, user.username)
  assert.deepEqual(event.data.private_metadata, { plan: 'pro' })
  assert.ok(Math.abs(event.timestamp - user.createdAt) < 60_000)

  const refuses = async (r, secret = webhook.secret) => {
    await assert.rejects(verifyWebhook(r, { signingSecret: secret }))
    noted.refused('verifyWebhook')
  }
  await refuses(request(created, created.body.replace('"user.created"', '"user.deleted"')))
  await refuses(request(created, created.body, { ...created.headers, 'svix-id': 'evt_other' }))
  await refuses(request(created, created.body, { ...created.headers, 'svix-timestamp': String(Number(created.headers['svix-timestamp']) + 1) }))
  await refuses(request(created), `whsec_${Buffer.alloc(32).toString('base64')}`)

  const rotated = await api('POST', `/v1/webhooks/${webhook.id}/rotate_secret`, { overlap_seconds: 60 })
  await clerk.users.deleteUser(user.id)
  const deleted = await next()
  for (const signingSecret of [webhook.secret, rotated.secret]) {
    const { type, data } = await verifyWebhook(request(deleted), { signingSecret })
    assert.equal(type, 'user.deleted')
    assert.deepEqual(data, { object: 'user', id: user.id, deleted: true })
  }
})
