package ui

import (
	"io"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// ApplicationFrame is what all pages of one application have in common.
type ApplicationFrame struct {
	Board
	Client store.Client
	Logo   string // the path of its picture here, or ""
}

// applicationTabs are the parts of an application, by the end of their path.
var applicationTabs = []place{
	{"Settings", "", false},
	{"Credentials", "/credentials", false},
	{"Connect", "/connect", false},
	{"Playground", "/playground", false},
	{"Users", "/connections", false},
	{"Revoke and delete", "/danger", false},
}

func (a ApplicationFrame) sheet(tab string) sheet {
	s := sheet{
		Board: a.Board, Title: a.Client.Name, Above: &place{Label: "Applications", Href: boardPath("/applications")},
		Badges: kindBadges(a.Client), Picture: a.Logo, Tile: a.Client.Name,
	}
	for _, t := range applicationTabs {
		t.Current = t.Href == tab
		t.Href = applicationPath(a.Client) + t.Href
		s.Tabs = append(s.Tabs, t)
	}
	return s
}

// Choices are what an application may be set to, as its form has them.
type Choices struct {
	Name, RedirectURIs, PostLogoutURIs, Resources    string // lists one a line
	Scopes                                           []ScopeChoice
	Consent, PKCE, Public, Device, ClientCredentials bool
	IDTokenAlgorithm, TokenFormat, RefreshPolicy     string
	Lifetimes                                        []LifetimeChoice
}

// A LifetimeChoice is how long something lives, in seconds; "" is as the instance.
type LifetimeChoice struct{ Name, Label, Value, Instance string }

// BoardApplication shows an application with everything that can be changed.
type BoardApplication struct {
	ApplicationFrame
	Choices  Choices
	Mistakes Mistakes
}

func options(chosen string, pairs ...string) []option {
	var all []option
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, option{Value: pairs[i], Label: pairs[i+1], Chosen: pairs[i] == chosen})
	}
	return all
}

// Render writes the page.
func (p BoardApplication) Render(w io.Writer, v View) error {
	s := p.sheet("")
	s.Wrong = p.Mistakes.Other()
	c := p.Choices
	fields := []field{
		{Name: "name", Label: "Name", Type: "text", Value: c.Name, Required: true},
		{Name: "redirect_uris", Label: "Redirect URIs", Type: "textarea", Rows: 4, Code: true, Value: c.RedirectURIs, Hint: "One a line, compared letter by letter."},
		{Name: "post_logout_redirect_uris", Label: "Addresses after signing out", Type: "textarea", Rows: 2, Code: true, Value: c.PostLogoutURIs, Hint: "Where users may come back to when they have signed out. One a line."},
	}
	fields = append(fields, scopeFields(c.Scopes, p.Mistakes["scopes"])...)
	fields = append(fields,
		field{Type: "heading", Label: "How it signs in"},
		field{Name: "public", Label: "Public: it cannot keep a secret", Type: "checkbox", Checked: c.Public, Hint: "For browsers, phones and desktops. A public application loses its secret and must use PKCE."},
		field{Name: "pkce_required", Label: "Require PKCE", Type: "checkbox", Checked: c.PKCE},
		field{Name: "consent_screen_enabled", Label: "Ask users for consent", Type: "checkbox", Checked: c.Consent, Hint: "Leave it out only for applications of your own."},
		field{Name: "device_authorization_grant_enabled", Label: "Devices may sign in with a code", Type: "checkbox", Checked: c.Device},
		field{Name: "client_credentials_grant_enabled", Label: "May act on its own behalf (client credentials)", Type: "checkbox", Checked: c.ClientCredentials},
		field{Type: "heading", Label: "Tokens"},
		field{Name: "access_token_format", Label: "Access tokens", Type: "select", Half: true, Options: options(c.TokenFormat, "", "As the instance has it", "opaque", "Opaque", "jwt", "JWT (RFC 9068)")},
		field{Name: "id_token_signed_response_alg", Label: "ID tokens are signed with", Type: "select", Half: true, Options: options(c.IDTokenAlgorithm, "RS256", "RS256", "ES256", "ES256", "EdDSA", "EdDSA")},
		field{Name: "refresh_token_policy", Label: "Refresh tokens", Type: "select", Half: true, Options: options(c.RefreshPolicy, "rotate", "Rotate with each use", "sticky", "Stay the same")},
		field{Name: "resources", Label: "Resources", Type: "textarea", Rows: 2, Code: true, Value: c.Resources, Hint: "URIs that tokens may be for (RFC 8707), one a line. Without any, as the instance has it."},
		field{Type: "heading", Label: "Lifetimes", Hint: "In seconds. What is left empty is as the instance has it."})
	for _, l := range c.Lifetimes {
		fields = append(fields, field{Name: l.Name, Label: l.Label, Type: "number", Min: "0", Half: true, Value: l.Value, Hint: "Instance: " + l.Instance})
	}
	s.Blocks = []block{
		{ID: "settings", Heading: "About the application", Forms: []form{{Action: applicationPath(p.Client), CSRF: p.CSRF, Fields: p.Mistakes.mark(fields), Submit: "Save"}}},
		{
			ID: "logo", Heading: "Logo", Text: "Users see it beside the name. PNG, JPEG, GIF or WebP, at least 96 by 96; it is redrawn, and shown from here.",
			Forms: []form{{
				Action: applicationPath(p.Client) + "/logo", CSRF: p.CSRF, Files: true, Submit: "Upload", Tone: "secondary",
				Fields: p.Mistakes.mark([]field{{Name: "file", Label: "Picture", Type: "file", Required: true}}),
			}},
		},
	}
	return board(w, v, s)
}

// A SecretLine is what may be told of a client secret.
type SecretLine struct{ MadeAt, ExpiresAt, LastUsedAt time.Time }

// BoardCredentials shows by what an application proves itself.
type BoardCredentials struct {
	ApplicationFrame
	Issuer   string
	Secret   string // just made: it is shown this once; or ""
	Secrets  []SecretLine
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardCredentials) Render(w io.Writer, v View) error {
	s := p.sheet("/credentials")
	if p.Secret != "" {
		s.Blocks = append(s.Blocks, block{
			ID: "secret", Heading: "The client secret", Listings: []listing{{Text: p.Secret}},
			Alert: &alert{"caution", "Copy it now and keep it safe. It is shown only this once; here only its hash is kept."},
		})
	}
	s.Blocks = append(s.Blocks, block{ID: "ids", Heading: "What the application needs to know", Facts: []fact{
		{"Client ID", codeCell(p.Client.ID)},
		{"Issuer", codeCell(p.Issuer)},
		{"Discovery document", codeCell(p.Issuer + "/.well-known/openid-configuration")},
		{"Authorization endpoint", codeCell(p.Issuer + oauth.AuthorizePath)},
		{"Token endpoint", codeCell(p.Issuer + "/oauth/token")},
	}})
	if p.Client.Public {
		s.Blocks = append(s.Blocks, block{Heading: "No secret", Text: "This application is public: it proves itself with PKCE (RFC 7636). Make it confidential in its settings to give it a secret."})
		return board(w, v, s)
	}
	t := table{Caption: "Secrets that work", Columns: []string{"Made", "Works until", "Last used"}}
	for _, x := range p.Secrets {
		t.Rows = append(t.Rows, []cell{whenOr(x.MadeAt, "not noted"), whenOr(x.ExpiresAt, "it is replaced"), whenOr(x.LastUsedAt, "never, or long ago")})
	}
	s.Blocks = append(s.Blocks, block{
		ID: "secrets", Heading: "Secrets", Table: &t,
		Forms: []form{{
			ID: "rotate", Action: applicationPath(p.Client) + "/secret", CSRF: p.CSRF, Heading: "Replace the secret", Submit: "Make a new secret", Tone: "secondary",
			Fields: p.Mistakes.mark([]field{{
				Name: "overlap", Label: "The present one goes on for", Type: "select",
				Options: options("86400", "0", "No time: it stops at once", "3600", "1 hour", "86400", "1 day", "604800", "7 days", "2592000", "30 days"),
				Hint:    "Time for you to put the new one everywhere without anything failing.",
			}}),
		}},
	})
	return board(w, v, s)
}

// BoardConnect shows how the application is connected, in code to copy.
type BoardConnect struct {
	ApplicationFrame
	Issuer string
}

// Render writes the page.
func (p BoardConnect) Render(w io.Writer, v View) error {
	s := p.sheet("/connect")
	for _, x := range snippets(p.Issuer, p.Client) {
		s.Blocks = append(s.Blocks, block{Heading: x.Title, Text: x.Note, Listings: []listing{{Text: x.Text}}})
	}
	return board(w, v, s)
}

// BoardDanger offers what cannot be undone.
type BoardDanger struct {
	ApplicationFrame
	Now      time.Time
	Mistakes Mistakes
}

// InputTime is a time as fields of type datetime-local have it, in UTC.
const InputTime = "2006-01-02T15:04"

// Render writes the page.
func (p BoardDanger) Render(w io.Writer, v View) error {
	s := p.sheet("/danger")
	s.Blocks = []block{
		{
			ID: "revoke", Heading: "Revoke what was issued", Text: "Codes, access tokens and refresh tokens from before this time are dead at their next use. What users have agreed to stays: they come back without being asked anew.",
			Forms: []form{{
				Action: applicationPath(p.Client) + "/revoke", CSRF: p.CSRF, Submit: "Revoke everything from before", Tone: "danger",
				Fields: p.Mistakes.mark([]field{{Name: "before", Label: "Before (UTC)", Type: "datetime-local", Value: p.Now.UTC().Format(InputTime), Required: true, Half: true}}),
			}},
		},
		{
			ID: "delete", Heading: "Delete the application", Text: "It is gone for good, with all that was granted to it. Nobody can sign in to it any more.",
			Forms: []form{{
				Action: applicationPath(p.Client) + "/delete", CSRF: p.CSRF, Submit: "Delete for good", Tone: "danger",
				Fields: p.Mistakes.mark([]field{{Name: "confirm", Label: "Type the client ID " + p.Client.ID + " to confirm", Type: "text", Code: true, Required: true, Half: true, Complete: "off"}}),
			}},
		},
	}
	return board(w, v, s)
}
