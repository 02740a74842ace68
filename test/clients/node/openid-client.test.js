// npm openid-client and oauth4webapi, as published.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { application, backend, issuer, Person } from './person.js'

const callback = 'https://rp.example/cb'
const loose = issuer.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : {}

const configuration = app => client.discovery(new URL(issuer), app.client_id, app.client_secret, undefined, loose)

// signIn takes a person through the code flow with PKCE, state and nonce.
async function signIn(config, extra = {}, person = new Person(callback)) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile email offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...extra,
  })
  const { left } = await person.agree(url)
  assert.ok(left, 'the browser did not come back')
  return client.authorizationCodeGrant(config, left, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true })
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`the code flow, with ID tokens signed by ${alg}`, async () => {
    const app = await application({ redirect_uris: [callback], signet: { id_token_signed_response_alg: alg } })
    const config = await client.discovery(new URL(issuer), app.client_id, { id_token_signed_response_alg: alg, client_secret: app.client_secret }, undefined, loose)
    const tokens = await signIn(config)
    const claims = tokens.claims()
    assert.equal(claims.email, 'ada@example.com')
    const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
    assert.equal(info.name, 'Ada Byron')
    const again = await client.refreshTokenGrant(config, tokens.refresh_token)
    assert.equal(again.claims().sub, claims.sub)
    assert.notEqual(again.refresh_token, tokens.refresh_token)
    assert.equal((await client.tokenIntrospection(config, again.access_token)).active, true)
    await client.tokenRevocation(config, again.refresh_token)
    assert.deepEqual(await client.tokenIntrospection(config, again.access_token), { active: false })
  })
}

test('a public client', async () => {
  const app = await application({ redirect_uris: [callback], public: true })
  const config = await client.discovery(new URL(issuer), app.client_id, undefined, client.None(), loose)
  assert.ok((await signIn(config)).access_token)
})

test('max_age and prompt', async () => {
  const config = await configuration(await application({ redirect_uris: [callback] }))
  const person = new Person(callback)
  const first = await signIn(config, { max_age: '100' }, person)
  assert.equal(typeof first.claims().auth_time, 'number')
  const silent = await signIn(config, { prompt: 'none', id_token_hint: first.id_token }, person)
  assert.equal(silent.claims().auth_time, first.claims().auth_time)
})

test('signing out', async () => {
  const app = await application({ redirect_uris: [callback], signet: { post_logout_redirect_uris: ['https://rp.example/bye'] } })
  const config = await configuration(app)
  const person = new Person('https://rp.example/')
  const tokens = await signIn(config, {}, person)
  const url = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://rp.example/bye', state: 's' })
  assert.equal((await person.send(url)).left?.href, 'https://rp.example/bye?state=s')
})

test('client credentials', async () => {
  const name = `jobs:${Date.now()}`
  await backend('POST', '/v1/oauth_scopes', { name, description: 'Run jobs' })
  const app = await application({ scopes: `openid ${name}`, signet: { client_credentials_grant_enabled: true } })
  const tokens = await client.clientCredentialsGrant(await configuration(app), { scope: name })
  assert.equal(tokens.scope, name)
  assert.equal(tokens.refresh_token, undefined)
})

test('a device', async () => {
  const app = await application({ public: true, device_authorization_grant_enabled: true })
  const config = await client.discovery(new URL(issuer), app.client_id, undefined, client.None(), loose)
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid profile' })
  const done = await new Person().agree(device.verification_uri_complete)
  assert.match(done.body, /Device connected/)
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.1 })
  assert.ok(tokens.claims().sub)
})

test('registration', async () => {
  await backend('PATCH', '/v1/instance/oauth_application_settings', { dynamic_oauth_client_registration: true })
  const config = await client.dynamicClientRegistration(new URL(issuer), { redirect_uris: [callback], client_name: 'Registered' }, undefined, loose)
  const tokens = await signIn(config)
  assert.ok(tokens.claims().sub)
})

test('oauth4webapi', async () => {
  const insecure = { [oauth.allowInsecureRequests]: issuer.startsWith('http:') }
  const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), insecure))
  const app = await application({ redirect_uris: [callback], signet: { access_token_format: 'jwt' } })
  const me = { client_id: app.client_id }
  const verifier = oauth.generateRandomCodeVerifier()
  const nonce = oauth.generateRandomNonce()
  const url = new URL(as.authorization_endpoint)
  for (const [name, value] of Object.entries({
    client_id: app.client_id, response_type: 'code', redirect_uri: callback, scope: 'openid email', nonce, state: 'abc',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', resource: 'https://api.example',
  })) url.searchParams.set(name, value)
  const { left } = await new Person(callback).agree(url)
  const params = oauth.validateAuthResponse(as, me, left, 'abc')
  const response = await oauth.authorizationCodeGrantRequest(as, me, oauth.ClientSecretBasic(app.client_secret), params, callback, verifier, insecure)
  const tokens = await oauth.processAuthorizationCodeResponse(as, me, response, { expectedNonce: nonce, requireIdToken: true })
  const request = new Request('https://api.example/', { headers: { Authorization: `Bearer ${tokens.access_token}` } })
  const claims = await oauth.validateJwtAccessToken(as, request, 'https://api.example', insecure) // RFC 9068
  assert.equal(claims.client_id, app.client_id)
})
