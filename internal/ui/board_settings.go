package ui

import (
	"bytes"
	"html/template"
	"io"
)

// BoardSettings changes the settings of the instance.
type BoardSettings struct {
	Board
	Lifetimes                                  []LifetimeChoice
	HTTPRedirects, JWT, Registration           bool
	RegistrationToken                          bool
	Advertised, OnlyPreRegistered, BlockHidden bool   // of documents that describe clients
	Resources, Origins                         string // one a line
	SecondFactor                               bool
	MayRequireFactor                           bool   // who looks has one
	SignUp                                     string // the policy
	SignUpDomains                              string // one a line
	Organizations                              bool
	EventsKept                                 string // days
	Mistakes                                   Mistakes
}

// settingsTabs are the parts of the settings.
func settingsTabs(current string) []place {
	return []place{
		{"General", boardPath("/settings"), current == ""},
		{"Branding", boardPath("/settings/branding"), current == "branding"},
	}
}

// Render writes the page.
func (p BoardSettings) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Settings", Tabs: settingsTabs("")}
	s.Wrong = p.Mistakes.Other()
	fields := []field{{Type: "heading", Label: "Lifetimes", Hint: "In seconds, for applications that do not choose otherwise."}}
	for _, l := range p.Lifetimes {
		fields = append(fields, field{Name: l.Name, Label: l.Label, Type: "number", Min: "0", Half: true, Required: true, Value: l.Value})
	}
	fields = append(fields,
		field{Type: "heading", Label: "Tokens"},
		field{Name: "jwt_access_tokens", Label: "Access tokens are JWTs (RFC 9068)", Type: "checkbox", Checked: p.JWT, Hint: "Otherwise they are opaque, shorter, and revoked everywhere at once."},
		field{Name: "resources", Label: "Resources", Type: "textarea", Rows: 2, Code: true, Value: p.Resources, Hint: "The only URIs that tokens may be for (RFC 8707), one a line. Without any, all."},
		field{Type: "heading", Label: "Applications"},
		field{Name: "allow_http_redirect_uris", Label: "Admit http redirect URIs beyond this machine", Type: "checkbox", Checked: p.HTTPRedirects, Hint: "For development alone: whoever sees the network can take codes."},
		field{Name: "dynamic_registration", Label: "Applications may register themselves (RFC 7591)", Type: "checkbox", Checked: p.Registration},
		field{Name: "registration_token_required", Label: "Only with a token that you have made", Type: "checkbox", Checked: p.RegistrationToken},
		field{Name: "documents_advertised", Label: "Applications may be known by a document on the web", Type: "checkbox", Checked: p.Advertised, Hint: "As MCP clients are (Client ID Metadata Documents)."},
		field{Name: "documents_only_pre_registered", Label: "Of those, only ones that were known before", Type: "checkbox", Checked: p.OnlyPreRegistered},
		field{Name: "documents_block_implicit", Label: "And not those that became known by themselves", Type: "checkbox", Checked: p.BlockHidden},
		field{Name: "allowed_origins", Label: "Allowed origins", Type: "textarea", Rows: 2, Code: true, Value: p.Origins, Hint: "Of your own pages, one a line."})
	fields = append(fields,
		field{Type: "heading", Label: "Accounts"},
		field{Name: "sign_up", Label: "Who may make an account", Type: "select", Half: true, Options: options(p.SignUp, "", "Who is invited", "open", "Whoever proves an e-mail address", "closed", "Nobody: operators make them")},
		field{Name: "sign_up_domains", Label: "Domains of their addresses", Type: "textarea", Rows: 2, Code: true, Value: p.SignUpDomains, Hint: "Where whoever proves an address may: the only domains, one a line. Without any, all."},
		field{Name: "organizations", Label: "Users can belong together in organizations", Type: "checkbox", Checked: p.Organizations},
		field{Type: "heading", Label: "Events"},
		field{Name: "events_kept", Label: "Days that events are kept", Type: "number", Min: "7", Half: true, Value: p.EventsKept, Required: true})
	factor := field{
		Name: "operators_need_second_factor", Label: "Operators must sign in with a second factor or a passkey", Type: "checkbox", Checked: p.SecondFactor, ReadOnly: !p.MayRequireFactor,
	}
	if !p.MayRequireFactor {
		factor.Hint = "Sign in with a second factor yourself to ask it of everybody."
	}
	fields = append(fields, field{Type: "heading", Label: "Operators"}, factor)
	s.Blocks = []block{{ID: "settings", Heading: "For the whole instance", Forms: []form{{Action: boardPath("/settings"), CSRF: p.CSRF, Submit: "Save", Fields: p.Mistakes.mark(fields)}}}}
	return board(w, v, s)
}

// BoardBranding changes whose the pages are that users see.
type BoardBranding struct {
	Board
	Brand    Brand // as it would be
	Accent   string
	Saved    bool // it is as it would be
	Mistakes Mistakes
}

// Render writes the page. The preview is drawn with the colours that the accent would
// have, which its own stylesheet brings.
func (p BoardBranding) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Settings", Tabs: settingsTabs("branding")}
	s.Wrong = p.Mistakes.Other()
	v.Brand = p.Brand
	drawn, err := preview(p.Brand)
	if err != nil {
		return err
	}
	colour := p.Accent
	if colour == "" {
		colour = "#4353c4"
	}
	about := "As it is now."
	if !p.Saved {
		about = "As it would be. It is not saved yet."
	}
	s.Blocks = []block{
		{ID: "branding", Heading: "Branding", Text: "Whose pages users see when they sign in.", Half: true, Forms: []form{
			{
				Action: boardPath("/settings/branding"), CSRF: p.CSRF, Submit: "Save",
				Extra: []extraButton{{"preview", "true", "Preview", "secondary"}},
				Fields: p.Mistakes.mark([]field{
					{Name: "brand_name", Label: "Name", Type: "text", Value: p.Brand.Name, Complete: "off", Hint: "Signet if it is left empty."},
					{Name: "brand_accent", Label: "Colour", Type: "color", Value: colour, Hint: "Any will do: text is made dark or light enough to be read."},
					{Name: "plain", Label: "Use Signet's own colour", Type: "checkbox", Checked: p.Accent == ""},
				}),
			},
			{
				ID: "brand-logo", Action: boardPath("/settings/branding/logo"), CSRF: p.CSRF, Files: true, Heading: "Logo", Submit: "Upload", Tone: "secondary",
				Fields: p.Mistakes.mark([]field{{Name: "file", Label: "Picture", Type: "file", Required: true, Hint: "PNG, JPEG, GIF or WebP."}}),
			},
		}},
		{ID: "preview", Heading: "Preview", Text: about, Half: true, Charts: []template.HTML{drawn}},
	}
	if p.Brand.Logo != "" {
		s.Blocks[0].Forms = append(s.Blocks[0].Forms, form{Action: boardPath("/settings/branding/logo/remove"), CSRF: p.CSRF, Submit: "Remove the logo", Tone: "danger"})
	}
	return board(w, v, s)
}

var previewTemplate = template.Must(template.New("preview").Funcs(template.FuncMap{"initial": initial, "asset": assetPath}).Parse(
	`<div class="preview"><div class="card" aria-label="Preview of the sign-in page" role="group">
<p class="brand">{{if .Logo}}<img src="{{.Logo}}" width="32" height="32" alt="">{{else if .Own}}<img src="{{asset "signet.svg"}}" width="32" height="32" alt="">{{else}}<span class="tile" aria-hidden="true">{{initial .Label}}</span>{{end}} <bdi>{{.Label}}</bdi></p>
<p class="preview-title">Sign in</p>
<p class="lead">to go on to <bdi class="name">Analytical Engine</bdi></p>
<p class="preview-field">ada@example.com</p>
<p class="button">Continue</p>
</div></div>`))

func preview(b Brand) (template.HTML, error) {
	var w bytes.Buffer
	err := previewTemplate.Execute(&w, b)
	return template.HTML(w.String()), err
}
