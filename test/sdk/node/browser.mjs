// A user at a browser, for tests that need tokens.

const apiUrl = process.env.SIGNET_TEST_URL
const secretKey = process.env.SIGNET_TEST_SECRET_KEY

// Needed by Clerk's SDKs, and not used for tokens of this kind.
export const publishableKey = `pk_test_${btoa('signet.example$')}`

// A browser without JavaScript: it keeps cookies, follows redirects within Signet
// and submits forms with their hidden fields.
export function browser() {
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
  const form = (path, page) => page.slice(page.indexOf(`action="${path}"`)).split('</form>')[0]
  return { visit: path => send(path), submit: (path, page, more) => send(path, { ...fields(form(path, page)), ...more }) }
}

let count = 0

// signIn makes a user and an application, and goes through sign-in and consent.
export async function signIn(clerk, { format = 'opaque', scopes = 'profile email' } = {}) {
  const unique = `signin${Date.now()}${process.pid}${count++}`
  const password = 'correct horse battery staple'
  const redirectUri = 'https://a.example/cb'
  const user = await clerk.users.createUser({ emailAddress: [`${unique}@example.com`], password })
  const app = await clerk.oauthApplications.create({ name: unique, redirectUris: [redirectUri], scopes })
  await fetch(`${apiUrl}/v1/oauth_applications/${app.id}`, { // the format is ours, and the SDK does not know it
    method: 'PATCH',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ signet: { access_token_format: format } }),
  })
  const { visit, submit } = browser()
  const query = new URLSearchParams({ response_type: 'code', client_id: app.clientId, redirect_uri: redirectUri, state: 'af0ifjsldkj' })
  const consent = await submit('/sign-in', await visit(`/oauth/authorize?${query}`), { identifier: `${unique}@example.com`, password })
  const left = await submit('/consent', consent.slice(consent.indexOf('action="/consent"')), { decision: 'allow' })
  const answer = await fetch(`${apiUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code', code: left.searchParams.get('code'), redirect_uri: redirectUri,
      client_id: app.clientId, client_secret: app.clientSecret,
    }),
  })
  const tokens = await answer.json()
  return { user, app, accessToken: tokens.access_token, refreshToken: tokens.refresh_token }
}
