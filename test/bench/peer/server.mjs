// oidc-provider with one client and one user who is signed in and has agreed, so
// that an authorization request is answered with a code at once. It prints how to
// use it as one line of JSON. PORT says where to listen; DATABASE_URL, if set,
// where to keep things.

import { Provider } from 'oidc-provider'
import pg from 'pg'
import { inMemory, inPostgres } from './adapters.mjs'

const port = Number(process.env.PORT)
const issuer = `http://127.0.0.1:${port}`
const client = { id: 'bench-client', secret: 'bench-secret-0123456789abcdef', redirectURI: 'https://client.example/callback' }
const accountId = 'user_0123456789'
const scopes = 'openid profile email offline_access'

const adapter = process.env.DATABASE_URL
  ? await inPostgres(new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 }))
  : inMemory()

const provider = new Provider(issuer, {
  adapter,
  clients: [{
    client_id: client.id, client_secret: client.secret, redirect_uris: [client.redirectURI],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post', scope: scopes,
  }],
  claims: { openid: ['sub'], profile: ['family_name', 'given_name', 'name', 'preferred_username', 'picture'], email: ['email', 'email_verified'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub, email: 'ada@example.com', email_verified: true, family_name: 'Byron', given_name: 'Ada', name: 'Ada Byron',
      preferred_username: 'ada', picture: null,
    }),
  }),
  features: { devInteractions: { enabled: false }, introspection: { enabled: true }, clientCredentials: { enabled: true } },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  pkce: { required: () => false },
  ttl: { AccessToken: 7200, AuthorizationCode: 600, RefreshToken: 259200, Session: 86400, Grant: 7776000, ClientCredentials: 7200, IdToken: 3600, Interaction: 600 },
  conformIdTokenClaims: true,
})

const grant = new provider.Grant({ accountId, clientId: client.id })
grant.addOIDCScope(scopes)
const grantId = await grant.save()
const session = new provider.Session({ accountId, loginTs: Math.floor(Date.now() / 1000) })
session.ensureClientContainer(client.id)
session.grantIdFor(client.id, grantId)
await session.save(86400)

provider.listen(port, '127.0.0.1', () => {
  console.log(JSON.stringify({
    url: issuer, client_id: client.id, client_secret: client.secret, redirect_uri: client.redirectURI,
    cookie: `_session=${session.id}`, pid: process.pid,
  }))
})
