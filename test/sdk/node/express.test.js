// @clerk/express, as published, guards an API whose tokens Signet issues.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { clerkMiddleware, getAuth } from '@clerk/express'
import express from 'express'
import { publishableKey, signIn } from './browser.mjs'
import { noted } from './record.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const secretKey = process.env.SIGNET_TEST_SECRET_KEY
const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })

async function guarded(visit) {
  const app = express()
  app.use(clerkMiddleware({ secretKey, publishableKey, apiUrl, telemetry: { disabled: true } }))
  app.get('/notes', (request, response) => {
    const auth = getAuth(request, { acceptsToken: 'oauth_token' })
    if (!auth.isAuthenticated) return response.status(401).json({})
    response.json({ userId: auth.userId, clientId: auth.clientId, scopes: auth.scopes })
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  try {
    const at = `http://127.0.0.1:${server.address().port}/notes`
    await visit(token => fetch(at, { headers: token ? { authorization: `Bearer ${token}` } : {} }))
  } finally {
    server.close()
  }
}

for (const format of ['opaque', 'jwt']) {
  test(`an API behind clerkMiddleware takes ${format} access tokens`, async () => {
    const bought = await signIn(clerk, { format })
    await guarded(async get => {
      const answer = await noted('clerkMiddleware', () => get(bought.accessToken), '@clerk/express')
      assert.equal(answer.status, 200)
      const auth = await noted('getAuth', () => answer.json(), '@clerk/express')
      assert.deepEqual(auth, { userId: bought.user.id, clientId: bought.app.clientId, scopes: ['profile', 'email'] })
      const broken = `${bought.accessToken.slice(0, -4)}AAAA`
      for (const token of ['', broken, 'oat_forged', bought.refreshToken]) {
        assert.equal((await get(token)).status, 401, token)
      }
      noted.refused('clerkMiddleware', '@clerk/express')
      noted.refused('getAuth', '@clerk/express')
      if (format === 'opaque') {
        await clerk.users.banUser(bought.user.id)
        assert.equal((await get(bought.accessToken)).status, 401)
      }
    })
  })
}
