package backendapi

import (
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// An organization is named by its id or by its slug.
func (a *API) organizationRoutes() routes {
	return routes{
		"/v1/organizations":                                     {http.MethodPost: a.createOrganization, http.MethodGet: a.listOrganizations},
		"/v1/organizations/{id}":                                {http.MethodGet: a.getOrganization, http.MethodPatch: a.updateOrganization, http.MethodDelete: a.deleteOrganization},
		"/v1/organizations/{id}/metadata":                       {http.MethodPatch: a.mergeOrganizationMetadata, http.MethodPut: a.replaceOrganizationMetadata},
		"/v1/organizations/{id}/logo":                           {http.MethodPut: a.setOrganizationLogo, http.MethodDelete: a.deleteOrganizationLogo},
		"/v1/organizations/{id}/memberships":                    {http.MethodPost: a.createMembership, http.MethodGet: a.listMemberships},
		"/v1/organizations/{id}/memberships/{user_id}":          {http.MethodPatch: a.updateMembership, http.MethodDelete: a.deleteMembership},
		"/v1/organizations/{id}/memberships/{user_id}/metadata": {http.MethodPatch: a.mergeMembershipMetadata},
		"/v1/organization_memberships":                          {http.MethodGet: a.listAllMemberships},
		"/v1/users/{id}/organization_memberships":               {http.MethodGet: a.listUserMemberships},
	}
}

// createOrganization serves POST /v1/organizations.
func (a *API) createOrganization(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	createdBy := f.textOrEmpty("created_by")
	fields := readOrganization(f)
	fields.PublicMetadata, fields.PrivateMetadata = f.object("public_metadata"), f.object("private_metadata")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerOrganization(a.admin.CreateOrganization(r.Context(), fields, createdBy))
}

func readOrganization(f *fields) admin.OrganizationFields {
	fields := admin.OrganizationFields{
		Name:       f.text("name"),
		Slug:       notEmpty(f.text("slug")),
		MaxMembers: f.integer("max_allowed_memberships"),
		CreatedAt:  f.time("created_at"),
	}
	f.notOffered("role_set_key")
	return fields
}

// getOrganization serves GET /v1/organizations/{id}.
func (a *API) getOrganization(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	counted := readTally(p)
	if err := p.err(); err != nil {
		return nil, err
	}
	return counted.answer(a.admin.Organization(r.Context(), r.PathValue("id")))
}

func readTally(p *parameters) tally {
	members, admins := p.flag("include_members_count"), p.flag("include_missing_member_with_elevated_permissions")
	return tally{members != nil && *members, admins != nil && *admins}
}

var organizationOrders = map[string]store.OrganizationOrder{
	"created_at":    store.OrganizationsByCreation,
	"name":          store.OrganizationsByName,
	"members_count": store.OrganizationsByMembers,
}

// listOrganizations serves GET /v1/organizations, newest first by default.
func (a *API) listOrganizations(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.OrganizationQuery{Query: p.text("query")}
	q.IDs, q.ExceptIDs = p.selected("organization_id")
	q.Members, q.ExceptMembers = p.selected("user_id")
	q.OrderBy, q.Descending = order(p, organizationOrders, store.OrganizationsByCreation)
	q.Limit, q.Offset = p.page()
	counted := readTally(p)
	p.notOffered("filter_by")
	if err := p.err(); err != nil {
		return nil, err
	}
	found, total, err := a.admin.Organizations(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, o := range found {
		list.Data = append(list.Data, counted.count(o))
	}
	return list, nil
}

// updateOrganization serves PATCH /v1/organizations/{id}.
func (a *API) updateOrganization(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := readOrganization(f)
	fields.AdminsDelete = f.flag("admin_delete_enabled")
	version, err := versionOf(r)
	if err != nil {
		return nil, err
	}
	if version < metadataVersion {
		fields.PublicMetadata, fields.PrivateMetadata = f.object("public_metadata"), f.object("private_metadata")
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerOrganization(a.provided(r).UpdateOrganization(r.Context(), r.PathValue("id"), fields))
}

// mergeOrganizationMetadata serves PATCH /v1/organizations/{id}/metadata.
func (a *API) mergeOrganizationMetadata(r *http.Request) (any, error) {
	return a.setOrganizationMetadata(r, true)
}

// replaceOrganizationMetadata serves PUT /v1/organizations/{id}/metadata.
func (a *API) replaceOrganizationMetadata(r *http.Request) (any, error) {
	return a.setOrganizationMetadata(r, false)
}

func (a *API) setOrganizationMetadata(r *http.Request, merge bool) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := admin.OrganizationFields{
		PublicMetadata: f.object("public_metadata"), PrivateMetadata: f.object("private_metadata"), MergeMetadata: merge,
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerOrganization(a.provided(r).UpdateOrganization(r.Context(), r.PathValue("id"), fields))
}

// setOrganizationLogo serves PUT /v1/organizations/{id}/logo.
func (a *API) setOrganizationLogo(r *http.Request) (any, error) {
	file, err := a.uploaded(r, "uploader_user_id")
	if err != nil {
		return nil, err
	}
	defer a.decoding()()
	return answerOrganization(a.admin.SetOrganizationLogo(r.Context(), r.PathValue("id"), file))
}

// deleteOrganizationLogo serves DELETE /v1/organizations/{id}/logo.
func (a *API) deleteOrganizationLogo(r *http.Request) (any, error) {
	return answerOrganization(a.admin.SetOrganizationLogo(r.Context(), r.PathValue("id"), nil))
}

// deleteOrganization serves DELETE /v1/organizations/{id}.
func (a *API) deleteOrganization(r *http.Request) (any, error) {
	o, err := a.provided(r).DeleteOrganization(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return deletedObject{Object: "organization", ID: o.ID, Deleted: true}, nil
}
