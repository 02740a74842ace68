// A person with a browser that runs no scripts: it keeps cookies, fills in forms,
// and follows redirects.

import assert from 'node:assert/strict'
import { parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'

export const issuer = process.env.SIGNET_TEST_ISSUER
const api = process.env.SIGNET_TEST_API
export const secretKey = process.env.SIGNET_TEST_SECRET_KEY
assert.ok(issuer && api && secretKey, 'run this by the Go test beside it')

// backend calls the Backend API and wants success.
export async function backend(method, path, body) {
  const response = await fetch(api + path, {
    method,
    headers: { Authorization: `Bearer ${secretKey}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

// application makes one.
export const application = fields => backend('POST', '/v1/oauth_applications', { name: 'Client', scopes: 'openid profile email offline_access', ...fields })

export class Person {
  jar = new CookieJar()

  // stay says where redirects are not followed: the callback of a client.
  constructor(stay) {
    this.stay = stay
  }

  async send(url, init = {}) {
    for (let hops = 0; hops < 20; hops++) {
      if (this.stay && String(url).startsWith(this.stay)) return { left: new URL(url) }
      const response = await fetch(url, {
        ...init,
        redirect: 'manual',
        headers: { Accept: 'text/html', ...init.headers, Cookie: await this.jar.getCookieString(String(url)) },
      })
      for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, String(url))
      const location = response.headers.get('location')
      if (!location) return { status: response.status, url: String(url), body: await response.text() }
      url = new URL(location, url)
      init = {}
    }
    throw new Error('redirects without end')
  }

  async press(page, id, fill = {}) {
    const pressed = parse(page.body).querySelector(`#${id}`)
    assert.ok(pressed, `there is no #${id} at ${page.url}, status ${page.status}:\n${page.body}`)
    const form = pressed.closest('form')
    const fields = new URLSearchParams()
    for (const input of form.querySelectorAll('input')) if (input.getAttribute('type') === 'hidden') fields.set(input.getAttribute('name'), input.getAttribute('value') ?? '')
    if (pressed.getAttribute('name')) fields.set(pressed.getAttribute('name'), pressed.getAttribute('value'))
    for (const [name, value] of Object.entries(fill)) fields.set(name, value)
    const to = new URL(form.getAttribute('action'), page.url)
    return this.send(to, {
      method: 'POST',
      body: fields.toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: new URL(page.url).origin, 'Sec-Fetch-Site': 'same-origin' },
    })
  }

  // agree goes through the pages of Signet, whichever there are.
  async agree(url) {
    let page = await this.send(url)
    for (let steps = 0; steps < 5 && !page.left; steps++) {
      if (page.body.includes('id="allow"')) page = await this.press(page, 'allow')
      else if (page.body.includes('id="sign-in"') && page.url.startsWith(issuer)) {
        page = await this.press(page, 'sign-in', { identifier: process.env.SIGNET_TEST_EMAIL, password: process.env.SIGNET_TEST_PASSWORD })
      } else break
    }
    return page
  }
}
