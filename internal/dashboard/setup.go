package dashboard

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// linkGone is the page for whoever follows a link that was used or has expired.
func linkGone(v *visit) answer {
	return answer{status: http.StatusGone, page: ui.BoardOutside{
		Title: v.say("board.trouble.link_gone"),
		Text:  v.say("board.trouble.link_gone_text"),
	}}
}

// setUpPage is the page of a link that works.
func (d *Dashboard) setUpPage(v *visit, page ui.OperatorSetup) (answer, error) {
	l, err := d.Admin.OperatorLink(v.r.Context(), v.get("token"))
	if errors.Is(err, store.ErrNotFound) {
		return linkGone(v), nil
	}
	if err != nil {
		return answer{}, err
	}
	current, signedIn, err := d.Sessions.Current(v.r)
	if err != nil {
		return answer{}, err
	}
	if signedIn {
		user := person(current.User)
		page.User = &user
	}
	page.First, page.Token, page.CSRF = l.First, v.get("token"), v.csrf
	a := answer{page: page}
	if page.Mistakes != nil {
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

func (d *Dashboard) showSetUp(v *visit) (answer, error) { return d.setUpPage(v, ui.OperatorSetup{}) }

// setUp makes an operator: of who is signed in, or of a new account, which is signed
// in then.
func (d *Dashboard) setUp(v *visit) (answer, error) {
	current, signedIn, err := d.Sessions.Current(v.r)
	if err != nil {
		return answer{}, err
	}
	if signedIn {
		err := d.Admin.JoinOperators(v.r.Context(), v.get("token"), current.User.ID)
		if errors.Is(err, store.ErrNotFound) {
			return linkGone(v), nil
		}
		return see(root), err
	}
	page := ui.OperatorSetup{Address: v.get("email_address"), FirstName: v.get("first_name"), LastName: v.get("last_name")}
	u, err := d.Admin.NewOperator(v.r.Context(), v.get("token"), admin.NewUser{
		EmailAddresses: []string{page.Address}, FirstName: page.FirstName, LastName: page.LastName, Password: v.get("password"),
	})
	if errors.Is(err, store.ErrNotFound) {
		return linkGone(v), nil
	}
	if err != nil {
		if page.Mistakes, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
		return d.setUpPage(v, page)
	}
	if _, err := d.Sessions.Begin(v.w, v.r, u.ID); err != nil {
		return answer{}, err
	}
	return see(root), nil
}
