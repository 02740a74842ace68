// Organizations and memberships through @clerk/backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'

const apiUrl = process.env.SIGNET_TEST_URL
const clerk = createClerkClient({ secretKey: process.env.SIGNET_TEST_SECRET_KEY, apiUrl, telemetry: { disabled: true } })
const unique = `org${Date.now()}`
const nobody = `user_${'0'.repeat(27)}`
const none = `org_${'0'.repeat(27)}`

const refuses = (promise, status, code) => assert.rejects(promise, error =>
  isClerkAPIResponseError(error) && error.status === status && error.errors[0].code === code)

// One white pixel.
const gif = new Blob([Uint8Array.from(atob('R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=='), c => c.charCodeAt(0))], { type: 'image/gif' })

const { organizations, users } = clerk
await refuses(organizations.getOrganizationList(), 403, 'organization_not_enabled_in_instance')
const settings = await clerk.instance.updateOrganizationSettings({ enabled: true, maxAllowedMemberships: 3, domainsEnabled: false })

test('settings about organizations', async () => {
  assert.deepEqual([settings.enabled, settings.maxAllowedMemberships, settings.creatorRole, settings.adminDeleteEnabled], [true, 3, 'org:admin', true])
  const read = await clerk.instance.getOrganizationSettings()
  assert.deepEqual([read.enabled, read.domainsEnabled, read.domainsEnrollmentModes, read.domainsDefaultRole], [true, false, [], 'org:member'])
  await refuses(clerk.instance.updateOrganizationSettings({ domainsEnabled: true }), 422, 'form_param_value_invalid')
})

test('organizations', async () => {
  const admin = await users.createUser({ username: `${unique}_a` })
  const made = await organizations.createOrganization({ name: `Society ${unique}`, createdBy: admin.id, publicMetadata: { a: 1, b: { c: 1 } } })
  assert.deepEqual([made.slug, made.createdBy, made.maxAllowedMemberships, made.hasImage], [`society-${unique}`, admin.id, 3, false])
  assert.equal((await organizations.getOrganization({ slug: made.slug, includeMembersCount: true })).membersCount, 1)
  assert.equal((await organizations.getOrganization({ organizationId: made.id })).name, made.name)
  const list = await organizations.getOrganizationList({ query: unique, includeMembersCount: true, orderBy: '-members_count', limit: 5 })
  assert.deepEqual([list.totalCount, list.data[0].id, list.data[0].membersCount], [1, made.id, 1])
  assert.equal((await organizations.updateOrganization(made.id, { name: 'Renamed', maxAllowedMemberships: 0, adminDeleteEnabled: false })).adminDeleteEnabled, false)
  assert.deepEqual((await organizations.updateOrganization(made.id, { name: 'Again', publicMetadata: { z: 1 } })).publicMetadata, { z: 1 })
  assert.deepEqual((await organizations.updateOrganizationMetadata(made.id, { publicMetadata: { z: null, y: 2 } })).publicMetadata, { y: 2 })
  assert.deepEqual((await organizations.replaceOrganizationMetadata(made.id, { privateMetadata: { x: 1 } })).privateMetadata, { x: 1 })
  const shown = await organizations.updateOrganizationLogo(made.id, { file: gif, uploaderUserId: admin.id })
  assert.equal((await fetch(shown.imageUrl)).headers.get('content-type'), 'image/jpeg')
  assert.equal((await organizations.deleteOrganizationLogo(made.id)).hasImage, false)

  await refuses(organizations.createOrganization({ name: 'x', slug: made.slug }), 422, 'form_identifier_exists')
  await refuses(organizations.createOrganization({ name: 'x', createdBy: nobody }), 400, 'organization_creator_not_found')
  await refuses(organizations.getOrganization({ organizationId: none }), 404, 'resource_not_found')
  await refuses(organizations.getOrganizationList({ orderBy: 'slug' }), 422, 'form_param_value_invalid')
  await refuses(organizations.updateOrganization(none, { name: 'x' }), 404, 'resource_not_found')
  await refuses(organizations.updateOrganizationMetadata(none, {}), 404, 'resource_not_found')
  await refuses(organizations.replaceOrganizationMetadata(none, {}), 404, 'resource_not_found')
  await refuses(organizations.updateOrganizationLogo(made.id, { file: new Blob(['<svg/>']) }), 400, 'request_body_invalid')
  await refuses(organizations.deleteOrganizationLogo(none), 404, 'resource_not_found')
  assert.equal((await organizations.deleteOrganization(made.id)).deleted, true)
  await refuses(organizations.deleteOrganization(made.id), 404, 'resource_not_found')
})

test('memberships', async () => {
  const people = []
  for (const name of ['b', 'c', 'd', 'e']) people.push(await users.createUser({ username: `${unique}_${name}`, firstName: name, emailAddress: [`${unique}_${name}@example.com`] }))
  const [admin, member, third, fourth] = people.map(p => p.id)
  const { id: organizationId } = await organizations.createOrganization({ name: `Club ${unique}`, createdBy: admin })
  const joined = await organizations.createOrganizationMembership({ organizationId, userId: member, role: 'org:member' })
  assert.deepEqual([joined.role, joined.organization.id, joined.publicUserData.userId, joined.publicUserData.identifier],
    ['org:member', organizationId, member, `${unique}_c@example.com`])
  const list = await organizations.getOrganizationMembershipList({ organizationId, role: ['org:member', 'org:admin'], orderBy: '+first_name' })
  assert.deepEqual([list.totalCount, list.data.map(m => m.publicUserData.firstName)], [2, ['b', 'c']])
  assert.equal((await organizations.getOrganizationMembershipList({ organizationId, query: `${unique}_C` })).totalCount, 1)
  assert.ok((await organizations.getInstanceOrganizationMembershipList({ orderBy: '-created_at' })).totalCount >= 2)
  assert.equal((await users.getOrganizationMembershipList({ userId: member })).data[0].organization.id, organizationId)
  assert.deepEqual((await users.getUserList({ organizationId: [organizationId], orderBy: '+username' })).data.map(u => u.id), [admin, member])
  assert.deepEqual((await organizations.updateOrganizationMembershipMetadata({ organizationId, userId: member, publicMetadata: { chair: true } })).publicMetadata, { chair: true })

  await refuses(organizations.createOrganizationMembership({ organizationId, userId: member, role: 'org:member' }), 400, 'already_a_member_in_organization')
  await organizations.createOrganizationMembership({ organizationId, userId: third, role: 'org:member' })
  await refuses(organizations.createOrganizationMembership({ organizationId, userId: fourth, role: 'org:member' }), 403, 'organization_membership_quota_exceeded')
  await refuses(organizations.updateOrganizationMembership({ organizationId, userId: admin, role: 'org:member' }), 400, 'organization_minimum_permissions_needed')
  await refuses(organizations.deleteOrganizationMembership({ organizationId, userId: admin }), 400, 'organization_minimum_permissions_needed')
  await refuses(organizations.updateOrganizationMembershipMetadata({ organizationId, userId: fourth }), 404, 'resource_not_found')
  await refuses(organizations.getOrganizationMembershipList({ organizationId: none }), 404, 'resource_not_found')
  await refuses(organizations.getInstanceOrganizationMembershipList({ limit: 501 }), 422, 'form_param_value_invalid')
  await refuses(users.getOrganizationMembershipList({ userId: nobody }), 404, 'resource_not_found')

  assert.equal((await organizations.updateOrganizationMembership({ organizationId, userId: member, role: 'org:admin' })).role, 'org:admin')
  assert.equal((await organizations.deleteOrganizationMembership({ organizationId, userId: admin })).publicUserData.userId, admin)
})
