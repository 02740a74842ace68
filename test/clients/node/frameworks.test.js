// passport-openidconnect and Auth.js, each in an Express application.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ExpressAuth, getSession } from '@auth/express'
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import { application, issuer, Person } from './person.js'

// serve runs an application until the test is over.
async function serve(t, app) {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${server.address().port}`
}

test('passport-openidconnect', async t => {
  const app = express()
  const base = await serve(t, app)
  const client = await application({ redirect_uris: [`${base}/cb`] })
  passport.use('signet', new OpenIDConnectStrategy({
    issuer, authorizationURL: `${issuer}/oauth/authorize`, tokenURL: `${issuer}/oauth/token`, userInfoURL: `${issuer}/oauth/userinfo`,
    clientID: client.client_id, clientSecret: client.client_secret, callbackURL: `${base}/cb`, scope: ['profile', 'email'],
  }, (_issuer, profile, done) => done(null, profile)))
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user, done) => done(null, user))
  app.use(session({ secret: 'a secret of the test', resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.get('/login', passport.authenticate('signet'))
  app.get('/cb', passport.authenticate('signet', { successRedirect: '/me', failWithError: true }))
  app.get('/me', (req, res) => res.json(req.user))
  const page = await new Person().agree(`${base}/login`)
  assert.equal(page.status, 200, page.body)
  assert.equal(JSON.parse(page.body).displayName, 'Ada Byron')
})

test('Auth.js', async t => {
  const app = express()
  app.set('trust proxy', true)
  const base = await serve(t, app)
  const client = await application({ redirect_uris: [`${base}/auth/callback/signet`] })
  const config = {
    trustHost: true, secret: 'a secret of the test that is long enough', basePath: '/auth',
    providers: [{ id: 'signet', name: 'Signet', type: 'oidc', issuer, clientId: client.client_id, clientSecret: client.client_secret }],
  }
  app.use(/^\/auth\/(.*)/, ExpressAuth(config))
  app.get('/me', async (req, res) => res.json(await getSession(req, config)))
  const person = new Person()
  const { csrfToken } = JSON.parse((await person.send(`${base}/auth/csrf`)).body)
  const began = await person.send(`${base}/auth/signin/signet`, {
    method: 'POST', body: new URLSearchParams({ csrfToken, callbackUrl: `${base}/me` }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  let page = await person.press(began, 'sign-in', { identifier: process.env.SIGNET_TEST_EMAIL, password: process.env.SIGNET_TEST_PASSWORD })
  page = await person.press(page, 'allow')
  assert.equal(page.status, 200, page.body)
  assert.equal(JSON.parse(page.body).user.email, 'ada@example.com')
})
