package ui

import (
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/lang"
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
	s := sheet{Board: p.Board, Title: "Connections", Lead: "What users have agreed to. A connection is cut off from its application or its user."}
	apps := block{ID: "by-application", Heading: "By application"}
	t := table{Caption: "Applications", Columns: []string{"Application", "", ""}}
	for _, c := range p.Applications {
		t.Rows = append(t.Rows, []cell{
			{Text: c.Name, Tile: c.Name, Href: applicationPath(c) + "/connections"},
			{Text: "Its users", Href: applicationPath(c) + "/connections"},
			{Text: "Revoke from before a time", Href: applicationPath(c) + "/danger"},
		})
	}
	if apps.Table = &t; len(t.Rows) == 0 {
		apps.Table, apps.Text = nil, "There are no applications yet."
	}
	s.Blocks = []block{
		{ID: "by-user", Heading: "By user", Search: &search{boardPath("/users"), "Find a user", "", "Name, address or ID"}},
		apps,
		{
			ID: "everything", Heading: "Revoke everything on this instance",
			Text: "Every code, token and session from before this time is dead at its next use, of all users and applications. Yours too: you will have to sign in again. What users have agreed to stays.",
			Forms: []form{{Action: boardPath("/connections/revoke"), CSRF: p.CSRF, Submit: "Revoke everything from before", Tone: "danger", Fields: p.Mistakes.mark([]field{
				{Name: "before", Label: "Before (UTC)", Type: "datetime-local", Value: p.Now.UTC().Format(InputTime), Required: true, Half: true},
				{Name: "confirm", Label: "Type everything to confirm", Type: "text", Required: true, Half: true, Complete: "off"},
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
	s := p.sheet("/connections")
	b := block{ID: "connections", Heading: "Who is connected"}
	t := table{Caption: "Connected users", Columns: []string{"User", "It may see", "Agreed", "Last used", ""}}
	for _, x := range p.Agreements {
		u, ok := p.People[x.UserID]
		name := x.UserID
		if ok {
			name = userName(u)
		}
		end := button(form{
			Action: applicationPath(p.Client) + "/connections/" + url.PathEscape(x.UserID) + "/withdraw", CSRF: p.CSRF, Submit: "Disconnect", Tone: "danger", Small: true,
			Label: "Disconnect " + name,
		})
		t.Rows = append(t.Rows, []cell{
			{Text: name, Href: userPath(x.UserID), Tile: name, Detail: identifierOf(u)},
			codeCell(x.Scopes.String()), when(x.AgreedAt), dayOr(x.LastUsedAt, "never"), end,
		})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "person", Title: "Nobody yet", Text: "Nobody has agreed to this application."}
	} else {
		b.Table = &t
	}
	if p.More != "" {
		b.Pages = []place{{Label: "More", Href: p.More}}
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

var invitationBadges = map[store.TicketStatus]badge{
	store.TicketPending: quiet("Pending"), store.TicketAccepted: good("Accepted"), store.TicketRevoked: bad("Revoked"), store.TicketExpired: bad("Expired"),
}

// Render writes the page.
func (p BoardInvitations) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Invitations", Lead: "Who was asked to make an account here."}
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: "The invitation", Listings: []listing{{Text: p.Link}}, Alert: &alert{"caution", "Send this link to whom you invite. It is shown only this once."}})
	}
	s.Blocks = append(s.Blocks, block{ID: "invite", Heading: "Invite somebody", Forms: []form{{
		Action: boardPath("/invitations"), CSRF: p.CSRF, Submit: "Invite", Fields: p.Mistakes.mark([]field{
			{Name: "email_address", Label: "E-mail address", Type: "email", Value: p.Address, Required: true, Half: true, Complete: "off"},
			{Name: "expires_in_days", Label: "It works for", Type: "select", Half: true, Options: options("30", "1", "1 day", "7", "7 days", "30", "30 days", "90", "90 days")},
		}),
	}}})
	b := block{ID: "invitations", Heading: "Invitations", Pages: p.places(), PageText: p.text()}
	t := table{Caption: "Invitations", Columns: []string{"Address", "State", "Made", "Expires", ""}}
	for _, i := range p.Invitations {
		row := []cell{text(i.Address), badges(invitationBadges[i.Status]), when(i.CreatedAt), when(i.ExpiresAt), {}}
		if i.Status == store.TicketPending {
			row[4] = button(form{Action: boardPath("/invitations/" + url.PathEscape(i.ID) + "/revoke"), CSRF: p.CSRF, Submit: "Take back", Tone: "danger", Small: true, Label: "Take back the invitation of " + i.Address})
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "mail", Title: "Nobody was invited yet", Text: "Whoever you invite chooses a password and is signed in."}
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
	s := sheet{Board: p.Board, Title: "Scopes", Lead: "What applications can ask users for."}
	builtIn := table{Caption: "Built-in scopes", Columns: []string{"Scope", "What users are told"}}
	for _, name := range p.BuiltIn {
		builtIn.Rows = append(builtIn.Rows, []cell{codeCell(name), text(ScopeWords(name))})
	}
	own := block{ID: "custom", Heading: "Your own"}
	for _, x := range p.Custom {
		at := boardPath("/scopes/" + url.PathEscape(x.Name))
		own.Forms = append(own.Forms, form{
			Action: at, CSRF: p.CSRF, Heading: x.Name, Submit: "Save", Tone: "secondary",
			Extra: []extraButton{{"delete", "true", "Delete", "danger"}},
			Fields: []field{
				{ID: "description-" + x.Name, Name: "description", Label: "What users are told", Type: "text", Value: x.Description},
				{ID: "advertised-" + x.Name, Name: "advertised", Label: "Advertised in the discovery document", Type: "checkbox", Checked: x.Advertised},
			},
		})
	}
	if len(p.Custom) == 0 {
		own.Empty = &empty{Icon: "check", Title: "None of your own yet", Text: "Make one for each thing that your API lets applications do, such as notes:read."}
	}
	s.Blocks = []block{
		own,
		{ID: "new", Heading: "New scope", Forms: []form{{Action: boardPath("/scopes"), CSRF: p.CSRF, Submit: "Create scope", Fields: p.Mistakes.mark([]field{
			{Name: "name", Label: "Name", Type: "text", Value: p.Name, Code: true, Required: true, Half: true, Complete: "off", Hint: "Such as notes:read"},
			{Name: "description", Label: "What users are told", Type: "text", Value: p.Description, Half: true, Complete: "off", Hint: "Such as: Read your notes"},
			{Name: "advertised", Label: "Advertised in the discovery document", Type: "checkbox", Checked: true},
		})}}},
		{ID: "built-in", Heading: "Built in", Table: &builtIn},
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
	s := sheet{Board: p.Board, Title: "Operators", Lead: "Who may use this dashboard."}
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: "The link", Listings: []listing{{Text: p.Link}}, Alert: &alert{"caution", "Whoever opens it first becomes an operator. It works once, for an hour, and is shown only this once."}})
	}
	t := table{Caption: "Operators", Columns: []string{"Operator", "State", "Since", ""}}
	for _, o := range p.Operators {
		state := badges(userBadges(o.User)...)
		if len(state.Badges) == 0 {
			state = mutedCell("Active")
		}
		name := userName(o.User)
		t.Rows = append(t.Rows, []cell{
			{Text: name, Href: userPath(o.User.ID), Tile: name, Detail: identifierOf(o.User)},
			state, when(o.AddedAt),
			button(form{Action: userPath(o.User.ID) + "/operator/remove", CSRF: p.CSRF, Submit: "Remove", Tone: "danger", Small: true, Label: "Remove " + name}),
		})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "operators", Table: &t},
		block{ID: "invite", Heading: "Another operator", Text: "Make a link for somebody new, or open a user and choose Access.", Forms: []form{
			{Action: boardPath("/operators/invite"), CSRF: p.CSRF, Submit: "Make a link", Tone: "secondary"},
		}})
	return board(w, v, s)
}

// ScopeWords is what users are told that a built-in scope allows.
func ScopeWords(name string) string {
	if name == oauth.ScopeOfflineAccess {
		return "Keep its access while the user is away: it gets refresh tokens"
	}
	said := []string{}
	for _, key := range []string{words[name].Title, words[name].Detail} {
		if text, err := lang.English.Format(key, nil, func(s string) string { return s }); key != "" && err == nil {
			said = append(said, text)
		}
	}
	return strings.Join(said, ": ")
}
