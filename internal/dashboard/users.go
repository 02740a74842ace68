package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

func userPath(id string) string { return root + "/users/" + url.PathEscape(id) }

// users serves GET /dashboard/users, a page after the user that ended the one before.
func (d *Dashboard) users(v *visit) (answer, error) {
	q := store.UserQuery{Query: v.query(), Descending: true, After: v.get("after"), Limit: pageSize + 1}
	found, err := d.Admin.Users(v.r.Context(), q)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardUsers{Board: v.board("/users"), Page: ui.Page{Query: q.Query}}
	if len(found) > pageSize {
		found = found[:pageSize]
		next := url.Values{"after": {found[pageSize-1].ID}}
		if q.Query != "" {
			next.Set("query", q.Query)
		}
		page.Older = root + "/users?" + next.Encode()
	}
	page.Users = found
	return answer{page: page}, nil
}

// showNewUser serves GET /dashboard/users/new.
func (d *Dashboard) showNewUser(v *visit) (answer, error) {
	return answer{page: ui.BoardNewUser{Board: v.board("/users")}}, nil
}

// createUser serves POST /dashboard/users.
func (d *Dashboard) createUser(v *visit) (answer, error) {
	n := admin.NewUser{Username: v.get("username"), FirstName: v.get("first_name"), LastName: v.get("last_name"), Password: v.get("password")}
	if address := strings.TrimSpace(v.get("email_address")); address != "" {
		n.EmailAddresses = []string{address}
	}
	u, err := d.Admin.CreateUser(v.r.Context(), n)
	if err == nil {
		return done(userPath(u.ID), "created"), nil
	}
	page := ui.BoardNewUser{Board: v.board("/users"), Address: v.get("email_address"), Username: n.Username, FirstName: n.FirstName, LastName: n.LastName}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// user finds the one that the path names, and what all its pages show.
func (d *Dashboard) user(v *visit) (ui.UserFrame, error) {
	u, err := d.Admin.User(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return ui.UserFrame{}, err
	}
	all, err := d.Admin.Operators(v.r.Context())
	if err != nil {
		return ui.UserFrame{}, err
	}
	f := ui.UserFrame{Board: v.board("/users"), Who: u, Picture: d.picture(u.ImageURL)}
	for _, o := range all {
		f.Operator = f.Operator || o.User.ID == u.ID
	}
	return f, nil
}

// showUser serves GET /dashboard/users/{id}.
func (d *Dashboard) showUser(v *visit) (answer, error) {
	f, err := d.user(v)
	return answer{page: profile(f)}, err
}

func profile(f ui.UserFrame) ui.BoardUser {
	return ui.BoardUser{UserFrame: f, Username: f.Who.Username, FirstName: f.Who.FirstName, LastName: f.Who.LastName, Locale: f.Who.Locale, ExternalID: f.Who.ExternalID}
}

// updateUser serves POST /dashboard/users/{id}.
func (d *Dashboard) updateUser(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardUser{
		UserFrame: f, Username: v.get("username"), FirstName: v.get("first_name"), LastName: v.get("last_name"), Locale: v.get("locale"), ExternalID: v.get("external_id"),
	}
	_, err = d.Admin.UpdateUser(v.r.Context(), f.Who.ID, admin.UserFields{
		Username: &page.Username, FirstName: &page.FirstName, LastName: &page.LastName, Locale: &page.Locale, ExternalID: &page.ExternalID,
	})
	if err == nil {
		return done(userPath(f.Who.ID), "saved"), nil
	}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// addEmail serves POST /dashboard/users/{id}/emails. An operator vouches for it.
func (d *Dashboard) addEmail(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	_, err = d.Admin.AddEmail(v.r.Context(), f.Who.ID, v.get("email_address"), admin.EmailChange{Verified: new(true)})
	if err == nil {
		return done(userPath(f.Who.ID), "saved"), nil
	}
	page := profile(f)
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// theirEmail finds an address of the user that the path names: one of another user
// does not exist there.
func (d *Dashboard) theirEmail(v *visit) (id string, err error) {
	e, owner, err := d.Admin.Email(v.r.Context(), v.r.PathValue("email"))
	if err == nil && owner.ID != v.r.PathValue("id") {
		err = store.ErrNotFound
	}
	return e.ID, err
}

func (d *Dashboard) changeEmail(v *visit, change func(id string) error) (answer, error) {
	id, err := d.theirEmail(v)
	if err == nil {
		err = change(id)
	}
	return done(userPath(v.r.PathValue("id")), "saved"), err
}

func (d *Dashboard) verifyEmail(v *visit) (answer, error) {
	return d.changeEmail(v, func(id string) error {
		_, err := d.Admin.UpdateEmail(v.r.Context(), id, admin.EmailChange{Verified: new(true)})
		return err
	})
}

func (d *Dashboard) makePrimary(v *visit) (answer, error) {
	return d.changeEmail(v, func(id string) error {
		_, err := d.Admin.UpdateEmail(v.r.Context(), id, admin.EmailChange{Primary: new(true)})
		return err
	})
}

func (d *Dashboard) deleteEmail(v *visit) (answer, error) {
	return d.changeEmail(v, func(id string) error { return d.Admin.DeleteEmail(v.r.Context(), id) })
}

// showMetadata serves GET /dashboard/users/{id}/metadata.
func (d *Dashboard) showMetadata(v *visit) (answer, error) {
	f, err := d.user(v)
	return answer{page: ui.BoardMetadata{
		UserFrame: f, Public: ui.Indented(f.Who.PublicMetadata), Private: ui.Indented(f.Who.PrivateMetadata), Unsafe: ui.Indented(f.Who.UnsafeMetadata),
	}}, err
}

// updateMetadata serves POST /dashboard/users/{id}/metadata.
func (d *Dashboard) updateMetadata(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardMetadata{UserFrame: f, Public: v.get("public_metadata"), Private: v.get("private_metadata"), Unsafe: v.get("unsafe_metadata")}
	_, err = d.Admin.UpdateUser(v.r.Context(), f.Who.ID, admin.UserFields{
		PublicMetadata: objectIn(page.Public), PrivateMetadata: objectIn(page.Private), UnsafeMetadata: objectIn(page.Unsafe),
	})
	if err == nil {
		return done(userPath(f.Who.ID)+"/metadata", "saved"), nil
	}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// objectIn is the JSON in a field; an empty field is an empty object.
func objectIn(s string) []byte {
	if s = strings.TrimSpace(s); s == "" {
		return []byte("{}")
	}
	return []byte(s)
}
