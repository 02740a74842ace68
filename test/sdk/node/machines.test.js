// Machines, M2M tokens and API keys through @clerk/backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { verifyMachineAuthToken } from '@clerk/backend/internal'
import { publishableKey, signIn } from './browser.mjs'
import { noted } from './record.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const secretKey = process.env.SIGNET_TEST_SECRET_KEY
const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })
const unique = `machine${Date.now()}`
const nobody = `mch_${'0'.repeat(27)}`
const noKey = `ak_${'0'.repeat(32)}`

const refuses = (promise, status, code, paramName) => assert.rejects(promise, error => {
  assert.ok(isClerkAPIResponseError(error), `${error}`)
  assert.deepEqual([error.status, error.errors[0].code, error.errors[0].meta?.paramName], [status, code, paramName])
  return true
})

// pair makes two machines, of which the worker may call the API.
async function pair() {
  const api = await clerk.machines.create({ name: `${unique} API` })
  const worker = await clerk.machines.create({ name: `${unique} worker`, scopedMachines: [api.id], defaultTokenTtl: 600 })
  return { api, worker }
}

// A request to an API that carries a token.
const requestWith = token => new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })

test('a machine from creation to deletion', async () => {
  const { api, worker } = await pair()
  assert.match(worker.id, /^mch_\w{27}$/)
  assert.match(worker.secretKey, /^ak_/)
  assert.deepEqual(worker.scopedMachines.map(m => m.id), [api.id])
  assert.equal(worker.defaultTokenTtl, 600)
  await refuses(clerk.machines.create({ name: '' }), 422, 'form_param_nil', 'name')
  assert.equal((await clerk.machines.get(worker.id)).name, `${unique} worker`)
  await refuses(clerk.machines.get(nobody), 404, 'machine_not_found')
  const list = await clerk.machines.list({ query: unique, orderBy: 'name', limit: 1 })
  assert.deepEqual([list.totalCount, list.data[0].id], [2, api.id])
  await refuses(clerk.machines.list({ limit: 501 }), 422, 'form_param_value_invalid', 'limit')
  assert.equal((await clerk.machines.update({ machineId: worker.id, defaultTokenTtl: 60 })).defaultTokenTtl, 60)
  await refuses(clerk.machines.update({ machineId: nobody, name: 'x' }), 404, 'machine_not_found')
  assert.equal((await clerk.machines.getSecretKey(worker.id)).secret, worker.secretKey)
  await refuses(clerk.machines.getSecretKey(nobody), 404, 'machine_not_found')
  const rotated = await clerk.machines.rotateSecretKey({ machineId: worker.id, previousTokenTtl: 0 })
  assert.notEqual(rotated.secret, worker.secretKey)
  await refuses(clerk.m2m.createToken({ machineSecretKey: worker.secretKey }), 401, 'machine_secret_key_invalid')
  await refuses(clerk.machines.rotateSecretKey({ machineId: worker.id, previousTokenTtl: 28801 }), 422, 'form_param_value_invalid', 'previous_token_ttl')
  const scope = await clerk.machines.createScope(api.id, worker.id)
  assert.deepEqual([scope.fromMachineId, scope.toMachineId], [api.id, worker.id])
  await refuses(clerk.machines.createScope(api.id, worker.id), 409, 'conflict', 'to_machine_id')
  assert.equal((await clerk.machines.deleteScope(api.id, worker.id)).deleted, true)
  await refuses(clerk.machines.deleteScope(api.id, worker.id), 404, 'machine_not_found')
  await clerk.machines.delete(worker.id)
  await refuses(clerk.machines.delete(worker.id), 404, 'machine_not_found')
})

test('a machine proves itself to another by an opaque token', async () => {
  const { api, worker } = await pair()
  const own = { machineSecretKey: worker.secretKey }
  const made = await clerk.m2m.createToken({ ...own, claims: { job: 'nightly' }, minRemainingTtlSeconds: 60 })
  assert.match(made.id, /^mt_[0-9a-f]{32}$/)
  assert.ok(made.token.startsWith('mt_') && made.token !== made.id)
  assert.deepEqual([made.subject, made.scopes, made.claims], [worker.id, [api.id], { job: 'nightly' }])
  assert.equal((await clerk.m2m.createToken({ ...own, claims: { job: 'nightly' }, minRemainingTtlSeconds: 60 })).token, made.token)
  await refuses(clerk.m2m.createToken(), 401, 'machine_secret_key_invalid')
  await refuses(clerk.m2m.createToken({ ...own, claims: { iss: 'x' } }), 400, 'machine_token_reserved_claim', 'claims')
  await refuses(clerk.m2m.createToken({ ...own, secondsUntilExpiration: 60, minRemainingTtlSeconds: 60 }), 400, 'bad_request', 'min_remaining_ttl_seconds')

  for (const machineSecretKey of [undefined, worker.secretKey, api.secretKey]) {
    assert.equal((await clerk.m2m.verify({ token: made.token, machineSecretKey })).id, made.id)
  }
  const stranger = await clerk.machines.create({ name: unique })
  await refuses(clerk.m2m.verify({ token: made.token, machineSecretKey: stranger.secretKey }), 404, 'resource_not_found')
  const list = await clerk.m2m.list({ subject: worker.id, ...own })
  assert.deepEqual([list.totalCount, list.data[0].id], [1, made.id])
  await refuses(clerk.m2m.list({ subject: worker.id, machineSecretKey: stranger.secretKey }), 403, 'authorization_invalid', 'subject')

  const receiver = createClerkClient({ machineSecretKey: api.secretKey, secretKey, apiUrl, telemetry: { disabled: true } })
  for (const acceptsToken of ['m2m_token', 'any', ['m2m_token', 'api_key']]) {
    const auth = (await noted('authenticateRequest', () =>
      receiver.authenticateRequest(requestWith(made.token), { acceptsToken, machineSecretKey: api.secretKey, publishableKey }))).toAuth()
    assert.deepEqual([auth.tokenType, auth.machineId, auth.scopes, auth.claims], ['m2m_token', worker.id, [api.id], { job: 'nightly' }])
  }
  assert.equal((await clerk.authenticateRequest(requestWith(made.token), { acceptsToken: 'api_key' })).isAuthenticated, false)
  const verified = await verifyMachineAuthToken(made.token, { secretKey, apiUrl })
  assert.deepEqual([verified.tokenType, verified.data.id], ['m2m_token', made.id])

  await refuses(clerk.m2m.revokeToken({ m2mTokenId: made.id, machineSecretKey: api.secretKey }), 404, 'resource_not_found')
  const revoked = await clerk.m2m.revokeToken({ m2mTokenId: made.id, revocationReason: 'done', ...own })
  assert.deepEqual([revoked.revoked, revoked.revocationReason], [true, 'done'])
  await refuses(clerk.m2m.verify({ token: made.token }), 404, 'resource_not_found')
  assert.equal((await clerk.authenticateRequest(requestWith(made.token), { acceptsToken: 'm2m_token' })).isAuthenticated, false)
  assert.equal((await verifyMachineAuthToken(made.token, { secretKey, apiUrl })).errors[0].code, 'token-invalid')
})

test('a machine proves itself to another by a JWT', async () => {
  const { api, worker } = await pair()
  const made = await clerk.m2m.createToken({ machineSecretKey: worker.secretKey, tokenFormat: 'jwt', claims: { job: 'nightly' } })
  const local = await clerk.m2m.verify({ token: made.token })
  assert.deepEqual([local.id, local.subject, local.scopes, local.expired], [made.id, worker.id, [api.id], false])
  assert.equal(local.claims.job, 'nightly')
  for (const acceptsToken of ['m2m_token', 'any']) {
    const auth = (await clerk.authenticateRequest(requestWith(made.token), { acceptsToken, publishableKey })).toAuth()
    assert.deepEqual([auth.tokenType, auth.machineId, auth.scopes], ['m2m_token', worker.id, [api.id]])
  }
  for (const acceptsToken of ['oauth_token', 'api_key', 'session_token']) {
    assert.equal((await clerk.authenticateRequest(requestWith(made.token), { acceptsToken, publishableKey })).isAuthenticated, false, acceptsToken)
  }
  const verified = await verifyMachineAuthToken(made.token, { secretKey, apiUrl })
  assert.deepEqual([verified.tokenType, verified.data.subject], ['m2m_token', worker.id])
  const [header, payload, signature] = made.token.split('.')
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url')), sub: api.id })).toString('base64url')
  assert.equal((await clerk.authenticateRequest(requestWith(`${header}.${other}.${signature}`), { acceptsToken: 'm2m_token' })).isAuthenticated, false)
})

test('an access token of a machine is an OAuth token', async () => {
  const { api, worker } = await pair()
  const answer = await fetch(`${apiUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: worker.id, client_secret: worker.secretKey }),
  })
  const { access_token: token } = await answer.json()
  const auth = (await clerk.authenticateRequest(requestWith(token), { acceptsToken: 'oauth_token', publishableKey })).toAuth()
  assert.deepEqual([auth.tokenType, auth.clientId, auth.scopes], ['oauth_token', worker.id, [api.id]])
})

test('an API key from creation to deletion', async () => {
  const user = await clerk.users.createUser({ username: unique })
  const made = await clerk.apiKeys.create({
    name: 'Export', subject: user.id, description: 'nightly', scopes: ['read'], claims: { plan: 'pro' }, createdBy: user.id, secondsUntilExpiration: 600,
  })
  assert.match(made.id, /^ak_[0-9a-f]{32}$/)
  assert.ok(made.secret.startsWith('ak_'))
  assert.deepEqual([made.type, made.subject, made.createdBy, made.description, made.claims], ['api_key', user.id, user.id, 'nightly', { plan: 'pro' }])
  await refuses(clerk.apiKeys.create({ name: 'Export', subject: `user_${'0'.repeat(27)}` }), 404, 'resource_not_found', 'subject')
  assert.equal((await clerk.apiKeys.get(made.id)).name, 'Export')
  await refuses(clerk.apiKeys.get(noKey), 404, 'resource_not_found')
  assert.equal((await clerk.apiKeys.getSecret(made.id)).secret, made.secret)
  await refuses(clerk.apiKeys.getSecret(noKey), 404, 'resource_not_found')
  const verified = await clerk.apiKeys.verify(made.secret)
  assert.deepEqual([verified.id, verified.revoked, verified.expired, verified.secret], [made.id, false, false, undefined])
  for (const acceptsToken of ['api_key', 'any']) {
    const auth = (await clerk.authenticateRequest(requestWith(made.secret), { acceptsToken, publishableKey })).toAuth()
    assert.deepEqual([auth.tokenType, auth.userId, auth.scopes, auth.claims], ['api_key', user.id, ['read'], { plan: 'pro' }])
  }
  assert.equal((await verifyMachineAuthToken(made.secret, { secretKey, apiUrl })).data.id, made.id)
  const updated = await clerk.apiKeys.update({ apiKeyId: made.id, subject: user.id, scopes: ['read', 'list'], secondsUntilExpiration: null })
  assert.deepEqual([updated.scopes, updated.description], [['read', 'list'], 'nightly'])
  await refuses(clerk.apiKeys.update({ apiKeyId: made.id, subject: user.id, scopes: ['a', 'a'] }), 422, 'form_param_duplicate', 'scopes')
  const revoked = await clerk.apiKeys.revoke({ apiKeyId: made.id, revocationReason: 'leaked' })
  assert.deepEqual([revoked.revoked, revoked.revocationReason], [true, 'leaked'])
  await refuses(clerk.apiKeys.revoke({ apiKeyId: noKey }), 404, 'resource_not_found')
  await refuses(clerk.apiKeys.verify(made.secret), 404, 'resource_not_found')
  assert.equal((await clerk.authenticateRequest(requestWith(made.secret), { acceptsToken: 'api_key' })).isAuthenticated, false)
  assert.equal((await clerk.apiKeys.list({ subject: user.id })).totalCount, 0)
  assert.equal((await clerk.apiKeys.list({ subject: user.id, includeInvalid: true })).data[0].id, made.id)
  await refuses(clerk.apiKeys.list({ subject: user.id, limit: 101 }), 422, 'form_param_value_invalid', 'limit')
  assert.equal((await clerk.apiKeys.delete(made.id)).deleted, true)
  await refuses(clerk.apiKeys.delete(made.id), 404, 'resource_not_found')
})

test('no token passes for another kind', async () => {
  const { worker } = await pair()
  const user = await clerk.users.createUser({ username: `${unique}kinds` })
  const { accessToken } = await signIn(clerk)
  const { token } = await clerk.m2m.createToken({ machineSecretKey: worker.secretKey })
  const { secret } = await clerk.apiKeys.create({ name: 'Export', subject: user.id })
  for (const [kind, value] of Object.entries({ oauth_token: accessToken, m2m_token: token, api_key: secret })) {
    for (const acceptsToken of ['oauth_token', 'm2m_token', 'api_key', 'session_token']) {
      const state = await clerk.authenticateRequest(requestWith(value), { acceptsToken, publishableKey })
      assert.equal(state.isAuthenticated, acceptsToken === kind, `${kind} as ${acceptsToken}`)
    }
  }
  assert.equal((await clerk.authenticateRequest(requestWith(worker.secretKey), { acceptsToken: 'api_key' })).isAuthenticated, false)
})
