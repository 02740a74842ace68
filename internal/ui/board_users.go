package ui

import (
	"io"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// userName is what a user is called first.
func userName(u store.User) string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); plain(name) != "" {
		return name
	}
	return identifierOf(u)
}

// identifierOf is what the user signs in with.
func identifierOf(u store.User) string {
	if e, ok := u.PrimaryEmail(); ok {
		return e.Address
	}
	if u.Username != "" {
		return u.Username
	}
	return u.ID
}

func userPath(id string) string { return boardPath("/users/" + url.PathEscape(id)) }

func userBadges(u store.User) []badge {
	var all []badge
	if u.Banned {
		all = append(all, bad("Banned"))
	}
	if u.Locked {
		all = append(all, bad("Locked"))
	}
	return all
}

// BoardUsers lists users, the newest first.
type BoardUsers struct {
	Board
	Page
	Users []store.User
}

// Render writes the page.
func (p BoardUsers) Render(w io.Writer, v View) error {
	s := sheet{
		Board: p.Board, Title: "Users", Lead: "Everybody who has an account here, the newest first.",
		Buttons: []place{{Label: "New user", Href: boardPath("/users/new")}},
	}
	b := block{ID: "users", Search: &search{boardPath("/users"), "Find a user", p.Query, "Name, address or ID"}, Pages: p.places(), PageText: p.text()}
	switch {
	case len(p.Users) > 0:
		t := table{Caption: "Users", Columns: []string{"User", "State", "Last sign-in", "Created"}}
		for _, u := range p.Users {
			who := cell{Text: userName(u), Href: userPath(u.ID), Tile: userName(u), Detail: identifierOf(u)}
			state := badges(userBadges(u)...)
			if len(state.Badges) == 0 {
				state = mutedCell("Active")
			}
			t.Rows = append(t.Rows, []cell{who, state, whenOr(u.LastSignInAt, "never"), when(u.CreatedAt)})
		}
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "person", Title: "Nobody found", Text: "Nobody has this in a name, an address or an ID."}
	default:
		b.Empty = &empty{"person", "No users yet", "Create one, or invite somebody.", &place{Label: "New user", Href: boardPath("/users/new")}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// BoardNewUser asks for what a user needs.
type BoardNewUser struct {
	Board
	Address, Username, FirstName, LastName string
	Mistakes                               Mistakes
}

// Render writes the page.
func (p BoardNewUser) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "New user", Above: &place{Label: "Users", Href: boardPath("/users")}}
	s.Wrong = p.Mistakes.Other()
	f := form{ID: "new-user", Action: boardPath("/users"), CSRF: p.CSRF, Submit: "Create user", Fields: p.Mistakes.mark([]field{
		{Name: "email_address", Label: "E-mail address", Type: "email", Value: p.Address, Half: true, Complete: "off", Hint: "It counts as verified."},
		{Name: "username", Label: "User name", Type: "text", Value: p.Username, Half: true, Complete: "off"},
		{Name: "first_name", Label: "First name", Type: "text", Value: p.FirstName, Half: true, Complete: "off"},
		{Name: "last_name", Label: "Last name", Type: "text", Value: p.LastName, Half: true, Complete: "off"},
		{Name: "password", Label: "Password", Type: "password", Complete: "new-password", Hint: "Without one, send the user a sign-in link afterwards."},
	})}
	s.Blocks = []block{{Forms: []form{f}}}
	return board(w, v, s)
}
