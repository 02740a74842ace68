// Users, e-mail addresses and sessions through @clerk/backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { create } from './authenticator.mjs'
import { browser, signIn } from './browser.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const clerk = createClerkClient({ secretKey: process.env.SIGNET_TEST_SECRET_KEY, apiUrl, telemetry: { disabled: true } })
const unique = `users${Date.now()}`
const nobody = `user_${'0'.repeat(27)}`

const refuses = (promise, status, code) => assert.rejects(promise, error =>
  isClerkAPIResponseError(error) && error.status === status && error.errors[0].code === code)

test('changing a user', async () => {
  const user = await clerk.users.createUser({ username: unique, password: 'correct horse battery', publicMetadata: { a: 1, b: { c: 1 } } })
  assert.equal((await clerk.users.updateUser(user.id, { firstName: 'Ada', lastName: 'King' })).fullName, 'Ada King')
  assert.deepEqual((await clerk.users.updateUserMetadata(user.id, { publicMetadata: { a: null, b: { d: 2 } } })).publicMetadata, { b: { c: 1, d: 2 } })
  assert.deepEqual((await clerk.users.replaceUserMetadata(user.id, { publicMetadata: { x: 1 } })).publicMetadata, { x: 1 })
  assert.equal((await clerk.users.lockUser(user.id)).locked, true)
  assert.equal((await clerk.users.unlockUser(user.id)).locked, false)
  assert.deepEqual(await clerk.users.verifyPassword({ userId: user.id, password: 'correct horse battery' }), { verified: true })
  await refuses(clerk.users.verifyPassword({ userId: user.id, password: 'wrong' }), 422, 'incorrect_password')
  assert.equal((await clerk.users.setPasswordCompromised(user.id, { revokeAllSessions: true })).passwordEnabled, true)
  assert.equal((await clerk.users.unsetPasswordCompromised(user.id)).passwordEnabled, true)
  assert.equal((await clerk.users.removePassword(user.id)).passwordEnabled, false)
  await refuses(clerk.users.verifyPassword({ userId: user.id, password: 'wrong' }), 400, 'no_password_set')
  const address = await clerk.users.replaceUserEmailAddress(user.id, { emailAddress: `${unique}@example.com` })
  assert.equal(address.verification.status, 'verified')
  const found = await clerk.users.getUserList({ emailAddress: [`${unique}@example.com`], orderBy: '-last_sign_in_at' })
  assert.deepEqual([found.totalCount, found.data[0].primaryEmailAddressId], [1, address.id])

  await refuses(clerk.users.updateUser(nobody, {}), 404, 'resource_not_found')
  await refuses(clerk.users.updateUserMetadata(nobody, {}), 404, 'resource_not_found')
  await refuses(clerk.users.replaceUserMetadata(nobody, {}), 404, 'resource_not_found')
  await refuses(clerk.users.lockUser(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.unlockUser(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.removePassword(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.setPasswordCompromised(user.id), 400, 'no_password_set')
  await refuses(clerk.users.unsetPasswordCompromised(user.id), 400, 'no_password_set')
  await refuses(clerk.users.replaceUserEmailAddress(user.id, { emailAddress: 'x' }), 422, 'form_param_format_invalid')
  await refuses(clerk.users.banUser(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.unbanUser(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.deleteUser(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.getUserList({ orderBy: 'password' }), 422, 'form_param_value_invalid')
  await refuses(clerk.users.getCount({ userId: ['x'.repeat(513)] }), 422, 'form_param_max_length_exceeded')
})

test('e-mail addresses', async () => {
  const user = await clerk.users.createUser({ username: `${unique}_mail` })
  const made = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: `${unique}_m@example.com`, verified: true, primary: true })
  assert.equal((await clerk.emailAddresses.getEmailAddress(made.id)).emailAddress, `${unique}_m@example.com`)
  assert.equal((await clerk.emailAddresses.updateEmailAddress(made.id, { verified: false })).verification, null)
  assert.equal((await clerk.emailAddresses.deleteEmailAddress(made.id)).deleted, true)
  await refuses(clerk.emailAddresses.getEmailAddress(made.id), 404, 'resource_not_found')
  await refuses(clerk.emailAddresses.updateEmailAddress(made.id, {}), 404, 'resource_not_found')
  await refuses(clerk.emailAddresses.deleteEmailAddress(made.id), 404, 'resource_not_found')
  await refuses(clerk.emailAddresses.createEmailAddress({ userId: nobody, emailAddress: 'y@example.com' }), 404, 'resource_not_found')
})

test('sessions', async () => {
  const { user } = await signIn(clerk)
  const list = await clerk.sessions.getSessionList({ userId: user.id, status: 'active' })
  assert.deepEqual([list.totalCount, list.data[0].userId, list.data[0].status], [1, user.id, 'active'])
  const [session] = list.data
  assert.equal((await clerk.sessions.getSession(session.id)).id, session.id)
  assert.equal((await clerk.sessions.revokeSession(session.id)).status, 'revoked')
  await refuses(clerk.sessions.getSession(session.id), 404, 'resource_not_found')
  await refuses(clerk.sessions.revokeSession(session.id), 404, 'resource_not_found')
  await refuses(clerk.sessions.getSessionList(), 400, 'missing_query_parameter')
})

test('the instance and its keys', async () => {
  const instance = await clerk.instance.get()
  assert.match(instance.id, /^ins_[0-9A-Za-z]{27}$/)
  const { keys } = await clerk.jwks.getJwks()
  assert.ok(keys.length > 0 && keys.every(key => key.kid && key.alg && !key.d))
})

test('second factors', async () => {
  const user = await clerk.users.createUser({ username: `${unique}_mfa`, totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DP', backupCodes: ['abcde-fghij', 'kmnpq-rstuv'] })
  assert.deepEqual([user.twoFactorEnabled, user.totpEnabled, user.backupCodeEnabled], [true, true, true])
  assert.deepEqual(await clerk.users.verifyTOTP({ userId: user.id, code: 'abcde-fghij' }), { verified: true, code_type: 'backup_code' })
  await refuses(clerk.users.verifyTOTP({ userId: user.id, code: 'abcde-fghij' }), 422, 'form_code_incorrect')
  await clerk.users.deleteUserTOTP(user.id)
  await clerk.users.deleteUserBackupCodes(user.id)
  await refuses(clerk.users.verifyTOTP({ userId: user.id, code: '123456' }), 400, 'no_second_factors_set')
  assert.equal((await clerk.users.updateUser(user.id, { totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DP' })).totpEnabled, true)
  await clerk.users.disableUserMFA(user.id)
  assert.equal((await clerk.users.getUser(user.id)).twoFactorEnabled, false)
  await refuses(clerk.users.disableUserMFA(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.deleteUserTOTP(nobody), 404, 'resource_not_found')
  await refuses(clerk.users.deleteUserBackupCodes(nobody), 404, 'resource_not_found')
})

test('passkeys', async () => {
  const address = `${unique}_key@example.com`, password = 'correct horse battery'
  const user = await clerk.users.createUser({ emailAddress: [address], password })
  const { visit, submit } = browser()
  await submit('/sign-in', await visit('/sign-in'), { identifier: address, password })
  const page = await visit('/account/passkeys/new')
  const options = JSON.parse(/data-options="([^"]*)"/.exec(page)[1].replaceAll('&#34;', '"').replaceAll('&amp;', '&').replaceAll('&#43;', '+'))
  await submit('/account/passkeys', page.slice(page.indexOf('action="/account/passkeys"')), { name: 'Phone', response: create(options, apiUrl) })
  const passkeyIdentificationId = (await clerk.users.getUser(user.id)).raw.passkeys[0].id
  assert.equal((await clerk.users.deleteUserPasskey({ userId: user.id, passkeyIdentificationId })).deleted, true)
  await refuses(clerk.users.deleteUserPasskey({ userId: user.id, passkeyIdentificationId }), 404, 'resource_not_found')
})
