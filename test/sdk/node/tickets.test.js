// Sign-in tokens and invitations through @clerk/backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'

const apiUrl = process.env.SIGNET_TEST_URL
const clerk = createClerkClient({ secretKey: process.env.SIGNET_TEST_SECRET_KEY, apiUrl, telemetry: { disabled: true } })
const unique = `ticket${Date.now()}`

const refuses = (promise, status, code) => assert.rejects(promise, error =>
  isClerkAPIResponseError(error) && error.status === status && error.errors[0].code === code)

test('a sign-in token from creation to revocation', async () => {
  const user = await clerk.users.createUser({ username: unique })
  const token = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 })
  assert.equal(token.status, 'pending')
  assert.equal(token.userId, user.id)
  assert.ok(token.token && token.url.startsWith(`${apiUrl}/`))
  assert.equal((await clerk.signInTokens.revokeSignInToken(token.id)).status, 'revoked')
  await refuses(clerk.signInTokens.revokeSignInToken(token.id), 400, 'sign_in_token_cannot_be_revoked')
  await refuses(clerk.signInTokens.createSignInToken({ userId: `user_${'0'.repeat(27)}` }), 404, 'resource_not_found')
})

test('invitations', async () => {
  const invitation = await clerk.invitations.createInvitation({ emailAddress: `${unique}@example.com`, publicMetadata: { plan: 'pro' }, notify: false })
  assert.equal(invitation.status, 'pending')
  assert.deepEqual(invitation.publicMetadata, { plan: 'pro' })
  assert.ok(invitation.url.startsWith(`${apiUrl}/`))
  const bulk = await clerk.invitations.createInvitationBulk([{ emailAddress: `${unique}1@example.com` }, { emailAddress: `${unique}2@example.com` }])
  assert.equal(bulk.length, 2)
  const list = await clerk.invitations.getInvitationList({ query: unique, status: 'pending', orderBy: 'email_address' })
  assert.equal(list.totalCount, 3)
  const revoked = await clerk.invitations.revokeInvitation(invitation.id)
  assert.equal(revoked.status, 'revoked')
  await refuses(clerk.invitations.revokeInvitation(invitation.id), 400, 'invitation_already_revoked')
  await refuses(clerk.invitations.createInvitation({ emailAddress: 'x' }), 422, 'form_param_format_invalid')
})
