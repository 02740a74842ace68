// Profile images and the instance through @clerk/backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'

const apiUrl = process.env.SIGNET_TEST_URL
const clerk = createClerkClient({ secretKey: process.env.SIGNET_TEST_SECRET_KEY, apiUrl, telemetry: { disabled: true } })

const refuses = (promise, status, code) => assert.rejects(promise, error =>
  isClerkAPIResponseError(error) && error.status === status && error.errors[0].code === code)

// One white pixel.
const gif = new Blob([Uint8Array.from(atob('R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=='), c => c.charCodeAt(0))], { type: 'image/gif' })

test('a profile image', async () => {
  const user = await clerk.users.createUser({ username: `image${Date.now()}` })
  const shown = await clerk.users.updateUserProfileImage(user.id, { file: gif })
  assert.equal(shown.hasImage, true)
  const answer = await fetch(shown.imageUrl)
  assert.equal(answer.headers.get('content-type'), 'image/jpeg')
  assert.equal((await clerk.users.deleteUserProfileImage(user.id)).hasImage, false)
  await refuses(clerk.users.updateUserProfileImage(user.id, { file: new Blob(['<svg/>']) }), 400, 'request_body_invalid')
  await refuses(clerk.users.deleteUserProfileImage(`user_${'0'.repeat(27)}`), 404, 'resource_not_found')
})

test('settings of the instance', async () => {
  await clerk.instance.update({ allowedOrigins: ['https://app.example'] })
  assert.deepEqual((await clerk.instance.get()).allowedOrigins, ['https://app.example'])
  await refuses(clerk.instance.update({ allowedOrigins: ['nowhere'] }), 422, 'form_param_format_invalid')
})
