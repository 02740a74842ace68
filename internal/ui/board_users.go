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

func userBadges(v View, u store.User) []badge {
	var all []badge
	if u.Banned {
		all = append(all, bad(v.Say("board.users.banned")))
	}
	if u.Locked {
		all = append(all, bad(v.Say("board.users.locked")))
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
		Board: p.Board, Title: v.Say("board.word.users"), Lead: v.Say("board.users.lead"),
		Buttons: []place{{Label: v.Say("board.users.new_user"), Href: boardPath("/users/new")}},
	}
	b := block{ID: "users", Search: &search{boardPath("/users"), v.Say("board.word.find_a_user"), p.Query, v.Say("board.word.name_address_or_id")}, Pages: p.places(v), PageText: p.text(v)}
	switch {
	case len(p.Users) > 0:
		t := table{Caption: v.Say("board.word.users"), Columns: []string{v.Say("board.word.user"), v.Say("board.word.state"), v.Say("board.word.last_sign_in"), v.Say("board.word.created")}}
		for _, u := range p.Users {
			who := cell{Text: userName(u), Href: userPath(u.ID), Tile: userName(u), Detail: identifierOf(u)}
			state := badges(userBadges(v, u)...)
			if len(state.Badges) == 0 {
				state = mutedCell(v.Say("board.word.active"))
			}
			t.Rows = append(t.Rows, []cell{who, state, whenOr(u.LastSignInAt, v.Say("board.word.never")), when(u.CreatedAt)})
		}
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "person", Title: v.Say("board.users.nobody_found"), Text: v.Say("board.users.nobody")}
	default:
		b.Empty = &empty{"person", v.Say("board.users.no_users_yet"), v.Say("board.users.create_one_or_invite"), &place{Label: v.Say("board.users.new_user"), Href: boardPath("/users/new")}}
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
	s := sheet{Board: p.Board, Title: v.Say("board.users.new_user"), Above: &place{Label: v.Say("board.word.users"), Href: boardPath("/users")}}
	s.Wrong = p.Mistakes.Other()
	f := form{ID: "new-user", Action: boardPath("/users"), CSRF: p.CSRF, Submit: v.Say("board.users.create_user"), Fields: p.Mistakes.mark([]field{
		{Name: "email_address", Label: v.Say("board.word.e_mail_address"), Type: "email", Value: p.Address, Half: true, Complete: "off", Hint: v.Say("board.word.it_counts_as_verified")},
		{Name: "username", Label: v.Say("board.word.user_name"), Type: "text", Value: p.Username, Half: true, Complete: "off"},
		{Name: "first_name", Label: v.Say("board.word.first_name"), Type: "text", Value: p.FirstName, Half: true, Complete: "off"},
		{Name: "last_name", Label: v.Say("board.word.last_name"), Type: "text", Value: p.LastName, Half: true, Complete: "off"},
		{Name: "password", Label: v.Say("board.word.password"), Type: "password", Complete: "new-password", Hint: v.Say("board.users.without_one_send")},
	})}
	s.Blocks = []block{{Forms: []form{f}}}
	return board(w, v, s)
}
