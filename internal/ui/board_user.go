package ui

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// UserFrame is what all pages of one user have in common.
type UserFrame struct {
	Board
	Who      store.User
	Operator bool
	Picture  string // the path of a picture here, or ""
}

var userTabs = []place{
	{"Profile", "", false}, {"Metadata", "/metadata", false}, {"Sessions", "/sessions", false}, {"Connections", "/connections", false}, {"Access", "/access", false},
}

func (f UserFrame) sheet(tab string) sheet {
	s := sheet{
		Board: f.Board, Title: userName(f.Who), Lead: identifierOf(f.Who), Above: &place{Label: "Users", Href: boardPath("/users")},
		Badges: userBadges(f.Who), Picture: f.Picture, Tile: userName(f.Who),
	}
	if f.Operator {
		s.Badges = append(s.Badges, good("Operator"))
	}
	for _, t := range userTabs {
		t.Current = t.Href == tab
		t.Href = userPath(f.Who.ID) + t.Href
		s.Tabs = append(s.Tabs, t)
	}
	return s
}

func (f UserFrame) action(rest string) string { return userPath(f.Who.ID) + rest }

// press is a form that is one button.
func (f UserFrame) press(rest, label, about, tone string) form {
	return form{Action: f.action(rest), CSRF: f.CSRF, Submit: label, Tone: tone, Text: about}
}

// BoardUser shows a user's profile and addresses.
type BoardUser struct {
	UserFrame
	Username, FirstName, LastName, Locale, ExternalID string
	Mistakes                                          Mistakes
}

// Render writes the page.
func (p BoardUser) Render(w io.Writer, v View) error {
	s := p.sheet("")
	s.Wrong = p.Mistakes.Other()
	profile := form{Action: p.action(""), CSRF: p.CSRF, Submit: "Save", Fields: p.Mistakes.mark([]field{
		{Name: "first_name", Label: "First name", Type: "text", Value: p.FirstName, Half: true, Complete: "off"},
		{Name: "last_name", Label: "Last name", Type: "text", Value: p.LastName, Half: true, Complete: "off"},
		{Name: "username", Label: "User name", Type: "text", Value: p.Username, Half: true, Complete: "off"},
		{Name: "locale", Label: "Language", Type: "text", Value: p.Locale, Half: true, Complete: "off", Hint: "Such as en or pt-BR."},
		{Name: "external_id", Label: "ID elsewhere", Type: "text", Value: p.ExternalID, Half: true, Code: true, Complete: "off"},
	})}
	s.Blocks = []block{
		{ID: "profile", Heading: "Profile", Forms: []form{profile}},
		p.addresses(),
		{ID: "facts", Heading: "What is known", Facts: []fact{
			{"User ID", codeCell(p.Who.ID)},
			{"Created", when(p.Who.CreatedAt)},
			{"Last sign-in", whenOr(p.Who.LastSignInAt, "never")},
			{"Last active", dayOr(p.Who.LastActiveAt, "never")},
			{"Password", passwordCell(p.Who)},
		}},
	}
	return board(w, v, s)
}

func passwordCell(u store.User) cell {
	switch {
	case u.PasswordDigest == "":
		return mutedCell("none")
	case u.PasswordCompromised:
		return badges(bad("Known to others: it has to be changed"))
	}
	return whenOr(u.PasswordUpdatedAt, "set")
}

func (p BoardUser) addresses() block {
	t := table{Caption: "E-mail addresses", Columns: []string{"Address", "State", "", "", ""}}
	for _, e := range p.Who.Emails {
		state := []badge{}
		if e.ID == p.Who.PrimaryEmailID {
			state = append(state, quiet("Primary"))
		}
		if e.Verified {
			state = append(state, good("Verified"))
		} else {
			state = append(state, bad("Not verified"))
		}
		at := p.action("/emails/" + url.PathEscape(e.ID))
		change := func(rest, label, tone string) cell {
			return button(form{Action: at + rest, CSRF: p.CSRF, Submit: label, Tone: tone, Small: true, Label: label + ": " + e.Address})
		}
		row := []cell{text(e.Address), badges(state...), {}, {}, change("/delete", "Delete", "danger")}
		if !e.Verified {
			row[2] = change("/verify", "Mark as verified", "secondary")
		}
		if e.ID != p.Who.PrimaryEmailID && e.Verified {
			row[3] = change("/primary", "Make primary", "secondary")
		}
		t.Rows = append(t.Rows, row)
	}
	b := block{ID: "addresses", Heading: "E-mail addresses", Forms: []form{{
		Action: p.action("/emails"), CSRF: p.CSRF, Submit: "Add", Tone: "secondary",
		Fields: p.Mistakes.mark([]field{{Name: "email_address", Label: "Another address", Type: "email", Required: true, Half: true, Complete: "off", Hint: "It counts as verified."}}),
	}}}
	if len(t.Rows) > 0 {
		b.Table = &t
	}
	return b
}

// BoardMetadata shows what is noted on a user.
type BoardMetadata struct {
	UserFrame
	Public, Private, Unsafe string // JSON
	Mistakes                Mistakes
}

// Indented lays JSON out for reading.
func Indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// Render writes the page.
func (p BoardMetadata) Render(w io.Writer, v View) error {
	s := p.sheet("/metadata")
	s.Wrong = p.Mistakes.Other()
	area := func(name, label, value, hint string) field {
		return field{Name: name, Label: label, Type: "textarea", Rows: 6, Code: true, Value: value, Hint: hint, Required: true}
	}
	s.Blocks = []block{{ID: "metadata", Forms: []form{{Action: p.action("/metadata"), CSRF: p.CSRF, Submit: "Save", Fields: p.Mistakes.mark([]field{
		area("public_metadata", "Public metadata", p.Public, "JSON. Applications see it with the scope public_metadata."),
		area("private_metadata", "Private metadata", p.Private, "JSON. Applications see it with the scope private_metadata alone."),
		area("unsafe_metadata", "Unsafe metadata", p.Unsafe, "JSON. The user may change it."),
	})}}}}
	return board(w, v, s)
}

// BoardSessions shows where a user is signed in.
type BoardSessions struct {
	UserFrame
	Sessions []store.Session
	Device   func(userAgent string) string
	Here     string // the id of the session that looks
}

// Render writes the page.
func (p BoardSessions) Render(w io.Writer, v View) error {
	s := p.sheet("/sessions")
	b := block{ID: "sessions", Heading: "Sessions"}
	t := table{Caption: "Sessions", Columns: []string{"Browser", "Signed in", "With", "Ends", ""}}
	for _, x := range p.Sessions {
		where := cell{Text: p.Device(x.UserAgent)}
		if x.ID == p.Here {
			where.Badges = []badge{quiet("This browser")}
		}
		end := button(form{Action: p.action("/sessions/" + url.PathEscape(x.ID) + "/revoke"), CSRF: p.CSRF, Submit: "End", Tone: "danger", Small: true, Label: "End the session in " + where.Text})
		t.Rows = append(t.Rows, []cell{where, when(x.SignedInAt), text(methodWords(x.Methods)), when(x.ExpiresAt), end})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "device", Title: "Signed in nowhere", Text: "The user has no session."}
	} else {
		b.Table = &t
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

var methodNames = map[string]string{
	"pwd": "password", "otp": "code", "mfa": "second factor", "hwk": "passkey", "swk": "passkey", "user": "presence", "pin": "PIN", "fed": "another provider", "sms": "text message",
}

// methodWords says how somebody signed in (RFC 8176).
func methodWords(methods []string) string {
	said := ""
	for _, m := range methods {
		word := methodNames[m]
		if word == "" {
			word = m
		}
		if said != "" {
			said += ", "
		}
		said += word
	}
	if said == "" {
		return "a link"
	}
	return said
}

// BoardUserConnections shows what a user has agreed to.
type BoardUserConnections struct {
	UserFrame
	Agreements []store.Agreement
	More       string // the path of the next page, or ""
}

// Render writes the page.
func (p BoardUserConnections) Render(w io.Writer, v View) error {
	s := p.sheet("/connections")
	b := block{ID: "connections", Heading: "Connected applications"}
	t := table{Caption: "Connected applications", Columns: []string{"Application", "May see", "Agreed", "Last used", ""}}
	for _, x := range p.Agreements {
		app := cell{Text: x.Name, Href: boardPath("/applications/" + url.PathEscape(x.ApplicationID)), Tile: x.Name}
		end := button(form{
			Action: p.action("/connections/" + url.PathEscape(x.ApplicationID) + "/withdraw"), CSRF: p.CSRF, Submit: "Disconnect", Tone: "danger", Small: true,
			Label: "Disconnect " + x.Name,
		})
		t.Rows = append(t.Rows, []cell{app, codeCell(x.Scopes.String()), when(x.AgreedAt), dayOr(x.LastUsedAt, "never"), end})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "link", Title: "Nothing is connected", Text: "The user has agreed to no application."}
	} else {
		b.Table = &t
	}
	if p.More != "" {
		b.Pages = []place{{Label: "More", Href: p.More}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// BoardAccess changes whether and how a user gets in.
type BoardAccess struct {
	UserFrame
	Link     string // a sign-in link just made: it is shown this once; or ""
	LinkEnds time.Time
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardAccess) Render(w io.Writer, v View) error {
	s := p.sheet("/access")
	s.Wrong = p.Mistakes.Other()
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: "The sign-in link", Listings: []listing{{Text: p.Link}}, Alert: &alert{
			"caution", "Send it to the user over a way that you trust. It is shown only this once, signs in once, and works until " + p.LinkEnds.UTC().Format("2 Jan 2006, 15:04") + " UTC.",
		}})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "sign-in-link", Heading: "Sign-in link", Text: "Signs the user in once, without a password.", Half: true, Forms: []form{{
			Action: p.action("/sign-in-link"), CSRF: p.CSRF, Submit: "Make a link", Tone: "secondary",
			Fields: []field{{Name: "lifetime", Label: "It works for", Type: "select", Options: options("3600", "3600", "1 hour", "86400", "1 day", "604800", "7 days", "2592000", "30 days")}},
		}}},
		block{ID: "new-password", Heading: "Password", Text: "A new password signs the user out everywhere.", Half: true, Forms: []form{{
			Action: p.action("/password"), CSRF: p.CSRF, Submit: "Change the password", Tone: "secondary",
			Fields: p.Mistakes.mark([]field{{Name: "password", Label: "New password", Type: "password", Required: true, Complete: "new-password"}}),
		}}},
		p.operator(), p.state(),
	)
	if !p.Operator {
		s.Blocks = append(s.Blocks, block{ID: "delete", Heading: "Delete the user", Text: "The account is gone for good, with its sessions, connections and all that was granted.", Forms: []form{{
			Action: p.action("/delete"), CSRF: p.CSRF, Submit: "Delete for good", Tone: "danger",
			Fields: p.Mistakes.mark([]field{{Name: "confirm", Label: "Type the user ID " + p.Who.ID + " to confirm", Type: "text", Code: true, Required: true, Half: true, Complete: "off"}}),
		}}})
	}
	return board(w, v, s)
}

func (p BoardAccess) operator() block {
	b := block{ID: "operator", Heading: "Operator"}
	if p.Operator {
		b.Text = "This user may use the dashboard. An operator cannot be banned, locked or deleted here: end that first."
		b.Forms = []form{p.press("/operator/remove", "End being an operator", "", "danger")}
		return b
	}
	b.Text = "Operators use this dashboard: they see every user and application and can change all of them."
	b.Forms = []form{p.press("/operator/add", "Make an operator", "", "secondary")}
	return b
}

func (p BoardAccess) state() block {
	b := block{ID: "state", Heading: "Keep the user out"}
	b.Forms = append(b.Forms, p.press("/revoke", "Sign out everywhere", "Ends every session and kills what was granted until now. The user can sign in again.", "danger"))
	if p.Operator {
		return b
	}
	if p.Who.Locked {
		b.Forms = append(b.Forms, p.press("/unlock", "Unlock", "The user cannot sign in now.", "secondary"))
	} else {
		b.Forms = append(b.Forms, p.press("/lock", "Lock", "The user cannot sign in until it is unlocked. Sessions and what was granted go on.", "danger"))
	}
	if p.Who.Banned {
		b.Forms = append(b.Forms, p.press("/unban", "Unban", "The user is banned now.", "secondary"))
	} else {
		b.Forms = append(b.Forms, p.press("/ban", "Ban", "Signs the user out everywhere, kills what was granted, and lets nobody in until it is taken back.", "danger"))
	}
	return b
}
