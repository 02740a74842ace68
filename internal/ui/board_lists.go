package ui

import (
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// BoardConnections cuts off: everything, or by way of an application or a user.
type BoardConnections struct {
	Board
	Applications []store.Client
	Now          time.Time
	Mistakes     Mistakes
}

// Render writes the page.
func (p BoardConnections) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.connections"), Lead: v.Say("board.lists.what_users_have_agreed")}
	apps := block{ID: "by-application", Heading: v.Say("board.lists.by_application")}
	t := table{Caption: v.Say("board.word.applications"), Columns: []string{v.Say("board.word.application"), "", ""}}
	for _, c := range p.Applications {
		t.Rows = append(t.Rows, []cell{
			{Text: c.Name, Tile: c.Name, Href: applicationPath(c) + "/connections"},
			{Text: v.Say("board.lists.its_users"), Href: applicationPath(c) + "/connections"},
			{Text: v.Say("board.lists.revoke_from_before"), Href: applicationPath(c) + "/danger"},
		})
	}
	if apps.Table = &t; len(t.Rows) == 0 {
		apps.Table, apps.Text = nil, v.Say("board.lists.there_are_no_applications")
	}
	s.Blocks = []block{
		{ID: "by-user", Heading: v.Say("board.lists.by_user"), Search: &search{boardPath("/users"), v.Say("board.word.find_a_user"), "", v.Say("board.word.name_address_or_id")}},
		apps,
		{
			ID: "everything", Heading: v.Say("board.lists.revoke_everything"),
			Text: v.Say("board.lists.every_code_token"),
			Forms: []form{{Action: boardPath("/connections/revoke"), CSRF: p.CSRF, Submit: v.Say("board.word.revoke_everything_from_before"), Tone: "danger", Fields: p.Mistakes.mark([]field{
				{Name: "before", Label: v.Say("board.word.before_utc"), Type: "datetime-local", Value: p.Now.UTC().Format(InputTime), Required: true, Half: true},
				{Name: "confirm", Label: v.Say("board.lists.type_everything_to_confirm"), Type: "text", Required: true, Half: true, Complete: "off"},
			})}},
		},
	}
	return board(w, v, s)
}

// BoardApplicationConnections shows who has agreed to an application.
type BoardApplicationConnections struct {
	ApplicationFrame
	Agreements []store.Agreement
	People     map[string]store.User // by id
	More       string
}

// Render writes the page.
func (p BoardApplicationConnections) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/connections")
	b := block{ID: "connections", Heading: v.Say("board.lists.who_is_connected")}
	t := table{Caption: v.Say("board.lists.connected_users"), Columns: []string{v.Say("board.word.user"), v.Say("board.lists.it_may_see"), v.Say("board.word.agreed"), v.Say("board.word.last_used"), ""}}
	for _, x := range p.Agreements {
		u, ok := p.People[x.UserID]
		name := x.UserID
		if ok {
			name = userName(u)
		}
		end := button(form{
			Action: applicationPath(p.Client) + "/connections/" + url.PathEscape(x.UserID) + "/withdraw", CSRF: p.CSRF, Submit: v.Say("board.word.disconnect"), Tone: "danger", Small: true,
			Label: v.Say("board.word.disconnect_from", "name", name),
		})
		t.Rows = append(t.Rows, []cell{
			{Text: name, Href: userPath(x.UserID), Tile: name, Detail: identifierOf(u)},
			codeCell(x.Scopes.String()), when(x.AgreedAt), dayOr(x.LastUsedAt, v.Say("board.word.never")), end,
		})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "person", Title: v.Say("board.lists.nobody_yet"), Text: v.Say("board.lists.nobody_has_agreed")}
	} else {
		b.Table = &t
	}
	if p.More != "" {
		b.Pages = []place{{Label: v.Say("board.word.more"), Href: p.More}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// BoardInvitations lists who was asked to join.
type BoardInvitations struct {
	Board
	Page
	Invitations []store.Invitation
	Link        string // of the one just made: it is shown this once; or ""
	Address     string
	Mistakes    Mistakes
}

// invitationBadges are messages.
var invitationBadges = map[store.TicketStatus]badge{
	store.TicketPending: quiet("board.lists.pending"), store.TicketAccepted: good("board.lists.accepted"), store.TicketRevoked: bad("board.lists.revoked"), store.TicketExpired: bad("board.word.expired"),
}

// Render writes the page.
func (p BoardInvitations) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.invitations"), Lead: v.Say("board.lists.who_was_asked")}
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: v.Say("board.lists.the_invitation"), Listings: []listing{{Text: p.Link}}, Alert: &alert{"caution", v.Say("board.lists.send_this_link")}})
	}
	s.Blocks = append(s.Blocks, block{ID: "invite", Heading: v.Say("board.lists.invite_somebody"), Forms: []form{{
		Action: boardPath("/invitations"), CSRF: p.CSRF, Submit: v.Say("board.lists.invite"), Fields: p.Mistakes.mark([]field{
			{Name: "email_address", Label: v.Say("board.word.e_mail_address"), Type: "email", Value: p.Address, Required: true, Half: true, Complete: "off"},
			{Name: "expires_in_days", Label: v.Say("board.word.it_works_for"), Type: "select", Half: true, Options: options("30", "1", v.Say("board.word.days", "n", 1), "7", v.Say("board.word.days", "n", 7), "30", v.Say("board.word.days", "n", 30), "90", v.Say("board.word.days", "n", 90))},
		}),
	}}})
	b := block{ID: "invitations", Heading: v.Say("board.word.invitations"), Pages: p.places(v), PageText: p.text(v)}
	t := table{Caption: v.Say("board.word.invitations"), Columns: []string{v.Say("board.word.address"), v.Say("board.word.state"), v.Say("board.word.made"), v.Say("board.lists.expires"), ""}}
	for _, i := range p.Invitations {
		row := []cell{text(i.Address), badges(invitationBadges[i.Status].said(v)), when(i.CreatedAt), when(i.ExpiresAt), {}}
		if i.Status == store.TicketPending {
			row[4] = button(form{Action: boardPath("/invitations/" + url.PathEscape(i.ID) + "/revoke"), CSRF: p.CSRF, Submit: v.Say("board.lists.take_back"), Tone: "danger", Small: true, Label: v.Say("board.lists.take_back_of", "address", i.Address)})
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "mail", Title: v.Say("board.lists.nobody_was_invited_yet"), Text: v.Say("board.lists.whoever_you_invite_chooses")}
	} else {
		b.Table = &t
	}
	s.Blocks = append(s.Blocks, b)
	return board(w, v, s)
}

// BoardScopes lists what applications can ask for.
type BoardScopes struct {
	Board
	BuiltIn     oauth.Scopes
	Custom      []store.CustomScope
	Name        string
	Description string
	Mistakes    Mistakes
}

// Render writes the page.
func (p BoardScopes) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.scopes"), Lead: v.Say("board.lists.what_applications_can_ask")}
	builtIn := table{Caption: v.Say("board.lists.built_in_scopes"), Columns: []string{v.Say("board.lists.scope"), v.Say("board.lists.what_users_are_told")}}
	for _, name := range p.BuiltIn {
		builtIn.Rows = append(builtIn.Rows, []cell{codeCell(name), text(scopeWords(v, name))})
	}
	own := block{ID: "custom", Heading: v.Say("board.lists.your_own")}
	for _, x := range p.Custom {
		at := boardPath("/scopes/" + url.PathEscape(x.Name))
		own.Forms = append(own.Forms, form{
			Action: at, CSRF: p.CSRF, Heading: x.Name, Submit: v.Say("board.word.save"), Tone: "secondary",
			Extra: []extraButton{{"delete", "true", v.Say("board.word.delete"), "danger"}},
			Fields: []field{
				{ID: "description-" + x.Name, Name: "description", Label: v.Say("board.lists.what_users_are_told"), Type: "text", Value: x.Description},
				{ID: "advertised-" + x.Name, Name: "advertised", Label: v.Say("board.lists.advertised_in_the_discovery"), Type: "checkbox", Checked: x.Advertised},
			},
		})
	}
	if len(p.Custom) == 0 {
		own.Empty = &empty{Icon: "check", Title: v.Say("board.lists.none_of_your_own"), Text: v.Say("board.lists.make_one_for_each")}
	}
	s.Blocks = []block{
		own,
		{ID: "new", Heading: v.Say("board.lists.new_scope"), Forms: []form{{Action: boardPath("/scopes"), CSRF: p.CSRF, Submit: v.Say("board.lists.create_scope"), Fields: p.Mistakes.mark([]field{
			{Name: "name", Label: v.Say("board.word.name"), Type: "text", Value: p.Name, Code: true, Required: true, Half: true, Complete: "off", Hint: v.Say("board.lists.name_hint")},
			{Name: "description", Label: v.Say("board.lists.what_users_are_told"), Type: "text", Value: p.Description, Half: true, Complete: "off", Hint: v.Say("board.lists.description_hint")},
			{Name: "advertised", Label: v.Say("board.lists.advertised_in_the_discovery"), Type: "checkbox", Checked: true},
		})}}},
		{ID: "built-in", Heading: v.Say("board.lists.built_in"), Table: &builtIn},
	}
	return board(w, v, s)
}

// BoardOperators lists who may use the dashboard.
type BoardOperators struct {
	Board
	Operators []store.Operator
	Link      string // of an invitation just made: it is shown this once; or ""
}

// Render writes the page.
func (p BoardOperators) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.operators"), Lead: "Who may use this dashboard."}
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: v.Say("board.lists.the_link"), Listings: []listing{{Text: p.Link}}, Alert: &alert{"caution", v.Say("board.lists.whoever_opens_it_first")}})
	}
	t := table{Caption: v.Say("board.word.operators"), Columns: []string{v.Say("board.word.operator"), v.Say("board.word.state"), v.Say("board.lists.since"), ""}}
	for _, o := range p.Operators {
		state := badges(userBadges(v, o.User)...)
		if len(state.Badges) == 0 {
			state = mutedCell(v.Say("board.word.active"))
		}
		name := userName(o.User)
		t.Rows = append(t.Rows, []cell{
			{Text: name, Href: userPath(o.User.ID), Tile: name, Detail: identifierOf(o.User)},
			state, when(o.AddedAt),
			button(form{Action: userPath(o.User.ID) + "/operator/remove", CSRF: p.CSRF, Submit: v.Say("board.lists.remove"), Tone: "danger", Small: true, Label: v.Say("board.lists.remove_named", "name", name)}),
		})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "operators", Table: &t},
		block{ID: "invite", Heading: v.Say("board.lists.another_operator"), Text: v.Say("board.lists.make_a_link"), Forms: []form{
			{Action: boardPath("/operators/invite"), CSRF: p.CSRF, Submit: v.Say("board.word.make_a_link"), Tone: "secondary"},
		}})
	return board(w, v, s)
}

// scopeWords is what users are told that a built-in scope allows, or "".
func scopeWords(v View, name string) string {
	if name == oauth.ScopeOfflineAccess {
		return v.Say("board.lists.keep_its_access_while")
	}
	said := []string{}
	for _, key := range []string{words[name].Title, words[name].Detail} {
		if key != "" {
			said = append(said, v.Say(key))
		}
	}
	return strings.Join(said, ": ")
}
