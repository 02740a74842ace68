// @clerk/backend, as published, against a running Signet: SIGNET_TEST_URL and
// SIGNET_TEST_SECRET_KEY say where it is. The Go test beside starts one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'

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

// A browser without JavaScript: it keeps cookies, follows redirects within Signet
// and submits forms with their hidden fields.
function browser() {
  const cookies = new Map()
  const fields = page => Object.fromEntries([...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(m => [m[1], m[2]]))
  const send = async (path, body) => {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), origin: apiUrl }
    const answer = await fetch(new URL(path, apiUrl), { method: body ? 'POST' : 'GET', headers, body: body && new URLSearchParams(body), redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (!location) return answer.text()
    const next = new URL(location, apiUrl)
    return next.origin === apiUrl ? send(next) : next
  }
  return { visit: path => send(path), submit: (path, page, more) => send(path, { ...fields(page), ...more }) }
}

test('an access token is verified while it is good', async () => {
  const password = 'correct horse battery staple'
  const user = await clerk.users.createUser({ emailAddress: [`${unique}-token@example.com`], password })
  const redirectUri = 'https://a.example/cb'
  const app = await clerk.oauthApplications.create({ name: `${unique} token`, redirectUris: [redirectUri] })
  const { visit, submit } = browser()
  const query = new URLSearchParams({ response_type: 'code', client_id: app.clientId, redirect_uri: redirectUri, state: 'af0ifjsldkj' })
  const signIn = await visit(`/oauth/authorize?${query}`)
  const consent = await submit('/sign-in', signIn, { identifier: `${unique}-token@example.com`, password })
  const forms = consent.slice(consent.indexOf('action="/consent"'))
  const left = await submit('/consent', forms, { decision: 'allow' })
  const bought = await fetch(`${apiUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code', code: left.searchParams.get('code'), redirect_uri: redirectUri,
      client_id: app.clientId, client_secret: app.clientSecret,
    }),
  }).then(answer => answer.json())

  const token = await clerk.idPOAuthAccessToken.verify(bought.access_token)
  assert.match(token.id, /^oat_[0-9a-f]{32}$/)
  assert.deepEqual([token.clientId, token.subject, token.scopes], [app.clientId, user.id, ['profile', 'email']])
  assert.deepEqual([token.revoked, token.expired, token.revocationReason], [false, false, null])
  assert.ok(token.expiration > Date.now())

  const oauthOnly = { acceptsToken: 'oauth_token', publishableKey: `pk_test_${btoa('signet.example$')}` } // needed, and not used
  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${bought.access_token}` } })
  const state = await clerk.authenticateRequest(request, oauthOnly)
  assert.equal(state.toAuth().userId, user.id)

  await refuses(clerk.idPOAuthAccessToken.verify('oat_forged'), 404, 'resource_not_found')
  await clerk.users.banUser(user.id)
  await refuses(clerk.idPOAuthAccessToken.verify(bought.access_token), 404, 'resource_not_found')
  assert.equal((await clerk.authenticateRequest(request, oauthOnly)).toAuth()?.userId ?? null, null)
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
  await refuses(create({ username: `${unique}3`, passwordDigest: 'x', passwordHasher: 'md5' }), 422, 'form_param_value_invalid', 'password_hasher')
  await clerk.users.deleteUser(user.id)
})

test('a wrong secret key is told as such', async () => {
  await refuses(clerkWith('sk_test_wrong').users.getCount(), 401, 'clerk_key_invalid')
  await refuses(clerkWith('wrong').users.getCount(), 401, 'clerk_key_invalid')
})
