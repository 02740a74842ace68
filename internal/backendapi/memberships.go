package backendapi

import (
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// createMembership serves POST /v1/organizations/{id}/memberships.
func (a *API) createMembership(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	userID := f.textOrEmpty("user_id")
	fields := admin.MembershipFields{
		Role: f.text("role"), PublicMetadata: f.object("public_metadata"), PrivateMetadata: f.object("private_metadata"),
	}
	f.refuseUnknown()
	if userID == "" && f.err() == nil {
		f.problems = append(f.problems, problem{code: "form_param_missing", param: "user_id", long: "user_id must be included."})
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerMember(a.admin.AddMember(r.Context(), r.PathValue("id"), userID, fields))
}

var memberOrders = map[string]store.MemberOrder{
	"created_at":    store.MembersByCreation,
	"first_name":    store.MembersByFirstName,
	"last_name":     store.MembersByLastName,
	"username":      store.MembersByUsername,
	"email_address": store.MembersByEmail,
}

// listMemberships serves GET /v1/organizations/{id}/memberships, newest first by
// default. But for role the filters are those of users.
func (a *API) listMemberships(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.MemberQuery{Users: store.UserQuery{
		Usernames:     p.texts("username"),
		Query:         p.text("query"),
		AddressQuery:  p.text("email_address_query"),
		UsernameQuery: p.text("username_query"),
		NameQuery:     p.text("name_query"),
		Created:       p.period("created_at_after", "created_at_before"),
		LastActive:    p.period("last_active_at_after", "last_active_at_before"),
	}}
	q.Users.IDs, q.Users.ExceptIDs = p.selected("user_id")
	for _, address := range p.texts("email_address") {
		q.Users.EmailAddresses = append(q.Users.EmailAddresses, account.CanonicalEmail(address))
	}
	for _, role := range p.texts("role") {
		q.Roles = append(q.Roles, store.Role(role))
	}
	p.notOffered("phone_number", "web3_wallet", "phone_number_query")
	readMemberPage(p, &q)
	if err := p.err(); err != nil {
		return nil, err
	}
	o, err := a.admin.Organization(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	q.OrganizationID = o.ID
	return a.answerMembers(r, q)
}

func readMemberPage(p *parameters, q *store.MemberQuery) {
	q.OrderBy, q.Descending = order(p, memberOrders, store.MembersByCreation)
	q.Limit, q.Offset = p.page()
}

// listAllMemberships serves GET /v1/organization_memberships: those of the instance.
func (a *API) listAllMemberships(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	var q store.MemberQuery
	readMemberPage(p, &q)
	if err := p.err(); err != nil {
		return nil, err
	}
	return a.answerMembers(r, q)
}

// listUserMemberships serves GET /v1/users/{id}/organization_memberships.
func (a *API) listUserMemberships(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.MemberQuery{Users: store.UserQuery{IDs: []string{r.PathValue("id")}}, Descending: true}
	q.Limit, q.Offset = p.page()
	if err := p.err(); err != nil {
		return nil, err
	}
	if _, err := a.admin.User(r.Context(), r.PathValue("id")); err != nil {
		return nil, err
	}
	return a.answerMembers(r, q)
}

func (a *API) answerMembers(r *http.Request, q store.MemberQuery) (any, error) {
	found, total, err := a.admin.Members(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, m := range found {
		list.Data = append(list.Data, newMembershipObject(m))
	}
	return list, nil
}

// updateMembership serves PATCH /v1/organizations/{id}/memberships/{user_id}.
func (a *API) updateMembership(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	role := f.text("role")
	f.refuseUnknown()
	if role == nil && f.err() == nil {
		f.problems = append(f.problems, problem{code: "form_param_missing", param: "role", long: "role must be included."})
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerMember(a.provided(r).UpdateMember(r.Context(), r.PathValue("id"), r.PathValue("user_id"), admin.MembershipFields{Role: role}))
}

// mergeMembershipMetadata serves PATCH
// /v1/organizations/{id}/memberships/{user_id}/metadata.
func (a *API) mergeMembershipMetadata(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := admin.MembershipFields{
		PublicMetadata: f.object("public_metadata"), PrivateMetadata: f.object("private_metadata"), MergeMetadata: true,
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerMember(a.provided(r).UpdateMember(r.Context(), r.PathValue("id"), r.PathValue("user_id"), fields))
}

// deleteMembership serves DELETE /v1/organizations/{id}/memberships/{user_id}, and
// answers with what is over.
func (a *API) deleteMembership(r *http.Request) (any, error) {
	return answerMember(a.provided(r).RemoveMember(r.Context(), r.PathValue("id"), r.PathValue("user_id")))
}
