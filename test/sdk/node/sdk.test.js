// @clerk/backend, as published, against a running Signet: SIGNET_TEST_URL and
// SIGNET_TEST_SECRET_KEY say where it is. The Go test beside starts one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { publishableKey, signIn } from './browser.mjs'
import { noted } from './record.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const secretKey = process.env.SIGNET_TEST_SECRET_KEY
assert.ok(apiUrl && secretKey, 'SIGNET_TEST_URL and SIGNET_TEST_SECRET_KEY must be set')

const clerkWith = key => createClerkClient({ secretKey: key, apiUrl, telemetry: { disabled: true } })
const clerk = clerkWith(secretKey)
const unique = `js${Date.now()}`

// refuses expects an error that the SDK has understood.
async function refuses(promise, status, code, paramName) {
  await assert.rejects(promise, error => {
    assert.ok(isClerkAPIResponseError(error), `${error}`)
    assert.equal(error.status, status)
    assert.equal(error.errors[0].code, code)
    assert.equal(error.errors[0].meta?.paramName, paramName)
    assert.ok(error.errors[0].message && error.errors[0].longMessage)
    assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/)
    return true
  })
}

test('an application from creation to deletion', async () => {
  const app = await clerk.oauthApplications.create({ name: unique, redirectUris: ['https://a.example/cb', 'myapp://cb'], scopes: 'profile email' })
  assert.match(app.id, /^oa_[0-9A-Za-z]{27}$/)
  assert.match(app.clientSecret, /^[0-9A-Za-z]{32}$/)
  assert.deepEqual(app.redirectUris, ['https://a.example/cb', 'myapp://cb'])
  assert.equal(typeof app.createdAt, 'number')

  const got = await clerk.oauthApplications.get(app.id)
  assert.equal(got.clientId, app.clientId)
  assert.equal(got.clientSecret, undefined)

  const list = await clerk.oauthApplications.list({ nameQuery: unique, limit: 1, orderBy: '+name' })
  assert.equal(list.totalCount, 1)
  assert.equal(list.data[0].id, app.id)

  const updated = await clerk.oauthApplications.update({ oauthApplicationId: app.id, name: `${unique} renamed`, redirectUris: [] })
  assert.equal(updated.name, `${unique} renamed`)
  assert.deepEqual(updated.redirectUris, [])

  const rotated = await clerk.oauthApplications.rotateSecret(app.id)
  assert.match(rotated.clientSecret, /^[0-9A-Za-z]{32}$/)
  assert.notEqual(rotated.clientSecret, app.clientSecret)

  const deleted = await clerk.oauthApplications.delete(app.id)
  assert.deepEqual([deleted.object, deleted.id, deleted.deleted], ['oauth_application', app.id, true])
  await refuses(clerk.oauthApplications.get(app.id), 404, 'resource_not_found')
})

test('a public application has no secret', async () => {
  const app = await clerk.oauthApplications.create({ name: `${unique} public`, public: true, redirectUris: ['https://a.example/cb'], scopes: null })
  assert.equal(app.isPublic, true)
  assert.equal(app.pkceRequired, true)
  assert.equal(app.clientSecret, undefined)
  assert.equal(app.scopes, 'profile email')
  await refuses(clerk.oauthApplications.rotateSecret(app.id), 422, 'form_param_value_invalid', 'public')
  await clerk.oauthApplications.delete(app.id)
})

test('an access token is verified while it is good', async () => {
  const bought = await signIn(clerk)
  const token = await clerk.idPOAuthAccessToken.verify(bought.accessToken)
  assert.match(token.id, /^oat_[0-9a-f]{32}$/)
  assert.deepEqual([token.clientId, token.subject, token.scopes], [bought.app.clientId, bought.user.id, ['profile', 'email']])
  assert.deepEqual([token.revoked, token.expired, token.revocationReason], [false, false, null])
  assert.ok(token.expiration > Date.now())
  await refuses(clerk.idPOAuthAccessToken.verify('oat_forged'), 404, 'resource_not_found')
  await clerk.users.banUser(bought.user.id)
  await refuses(clerk.idPOAuthAccessToken.verify(bought.accessToken), 404, 'resource_not_found')
})

test('authenticateRequest knows opaque and JWT access tokens', async () => {
  for (const format of ['opaque', 'jwt']) {
    const bought = await signIn(clerk, { format })
    const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${bought.accessToken}` } })
    const authenticate = acceptsToken => noted('authenticateRequest', () => clerk.authenticateRequest(request, { acceptsToken, publishableKey }))
    for (const accepted of ['oauth_token', 'any', ['oauth_token', 'api_key']]) {
      const auth = (await authenticate(accepted)).toAuth()
      assert.deepEqual([auth.userId, auth.clientId, auth.tokenType], [bought.user.id, bought.app.clientId, 'oauth_token'], `${format} for ${accepted}`)
    }
    assert.equal((await authenticate('m2m_token')).isAuthenticated, false)
    const broken = new Request('https://api.example/', { headers: { authorization: `Bearer ${bought.accessToken.slice(0, -4)}AAAA` } })
    assert.equal((await clerk.authenticateRequest(broken, { acceptsToken: 'oauth_token', publishableKey })).isAuthenticated, false)
    if (format === 'opaque') {
      await clerk.oauthApplications.revokeToken({ oauthApplicationId: bought.app.id, token: bought.accessToken })
      assert.equal((await authenticate('oauth_token')).isAuthenticated, false)
    }
  }
  noted.refused('authenticateRequest')
})

test('what is wrong with an application is named', async () => {
  const create = params => clerk.oauthApplications.create(params)
  await refuses(create({}), 422, 'form_param_missing', 'name')
  await refuses(create({ name: '' }), 422, 'form_param_nil', 'name')
  await refuses(create({ name: 'x', redirectUris: ['javascript:alert(1)'] }), 422, 'form_param_format_invalid', 'redirect_uris')
  await refuses(create({ name: 'x', scopes: 'everything' }), 400, 'oauth_invalid_scope', 'scopes')
  await refuses(create({ name: 'x', public: 'yes' }), 422, 'form_param_type_invalid', 'public')
  await refuses(clerk.oauthApplications.list({ limit: 501 }), 422, 'form_param_value_invalid', 'limit')
})

test('a user from creation to deletion', async () => {
  const email = `${unique}@example.com`
  const user = await clerk.users.createUser({
    emailAddress: [email],
    username: unique,
    password: 'correct horse battery',
    firstName: 'Ada',
    lastName: 'Lovelace',
    externalId: unique,
    publicMetadata: { plan: 'pro', nested: { a: [1] } },
  })
  assert.match(user.id, /^user_[0-9A-Za-z]{27}$/)
  assert.equal(user.primaryEmailAddress.emailAddress, email)
  assert.equal(user.emailAddresses[0].verification.status, 'verified')
  assert.equal(user.passwordEnabled, true)
  assert.equal(user.fullName, 'Ada Lovelace')
  assert.deepEqual(user.publicMetadata, { plan: 'pro', nested: { a: [1] } })

  assert.equal((await clerk.users.getUser(user.id)).username, unique)
  assert.equal(await clerk.users.getCount({ emailAddress: [email, 'nobody@example.com'] }), 1)
  const list = await clerk.users.getUserList({ emailAddress: [email.toUpperCase()], userId: [user.id], externalId: [unique], orderBy: '-created_at' })
  assert.equal(list.totalCount, 1)
  assert.equal(list.data[0].id, user.id)

  assert.equal((await clerk.users.banUser(user.id)).banned, true)
  assert.equal((await clerk.users.unbanUser(user.id)).banned, false)
  assert.equal((await clerk.users.deleteUser(user.id)).deleted, true)
  await refuses(clerk.users.getUser(user.id), 404, 'resource_not_found')
  assert.equal(await clerk.users.getCount({ userId: [user.id] }), 0)
})

test('what is wrong with a user is named', async () => {
  const user = await clerk.users.createUser({ emailAddress: [`${unique}-2@example.com`] })
  const create = params => clerk.users.createUser(params)
  await refuses(create({ emailAddress: [`${unique}-2@EXAMPLE.com`] }), 422, 'form_identifier_exists', 'email_address')
  await refuses(create({ firstName: 'Ada' }), 422, 'form_data_missing', 'email_address')
  await refuses(create({ username: `${unique}3`, password: 'short' }), 422, 'form_password_length_too_short', 'password')
  await refuses(create({ username: `${unique}3`, phoneNumber: ['+15555550100'] }), 422, 'form_param_value_invalid', 'phone_number')
  await refuses(create({ username: `${unique}3`, passwordDigest: 'x', passwordHasher: 'rot13' }), 422, 'form_param_value_invalid', 'password_hasher')
  await refuses(create({ username: `${unique}3`, passwordDigest: 'x', passwordHasher: 'md5' }), 422, 'form_password_digest_invalid_code', 'password_digest')
  await clerk.users.deleteUser(user.id)
})

test('a wrong secret key is told as such', async () => {
  await refuses(clerkWith('sk_test_wrong').users.getCount(), 401, 'clerk_key_invalid')
  await refuses(clerkWith('wrong').users.getCount(), 401, 'clerk_key_invalid')
})
