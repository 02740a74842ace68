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
func settingsTabs(v View, current string) []place {
	return []place{
		{v.Say("board.settings.general"), boardPath("/settings"), current == ""},
		{v.Say("board.settings.branding"), boardPath("/settings/branding"), current == "branding"},
	}
}

// Render writes the page.
func (p BoardSettings) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.settings"), Tabs: settingsTabs(v, "")}
	s.Wrong = p.Mistakes.Other()
	fields := []field{{Type: "heading", Label: v.Say("board.word.lifetimes"), Hint: v.Say("board.settings.lifetimes_hint")}}
	for _, l := range p.Lifetimes {
		fields = append(fields, field{Name: l.Name, Label: l.Label, Type: "number", Min: "0", Half: true, Required: true, Value: l.Value})
	}
	fields = append(fields,
		field{Type: "heading", Label: v.Say("board.word.tokens")},
		field{Name: "jwt_access_tokens", Label: v.Say("board.settings.access_tokens_are_jwts"), Type: "checkbox", Checked: p.JWT, Hint: v.Say("board.settings.jwt_hint")},
		field{Name: "resources", Label: v.Say("board.word.resources"), Type: "textarea", Rows: 2, Code: true, Value: p.Resources, Hint: v.Say("board.settings.the_only_uris")},
		field{Type: "heading", Label: v.Say("board.word.applications")},
		field{Name: "allow_http_redirect_uris", Label: v.Say("board.settings.admit_http_redirect_uris"), Type: "checkbox", Checked: p.HTTPRedirects, Hint: v.Say("board.settings.for_development_alone")},
		field{Name: "dynamic_registration", Label: v.Say("board.settings.applications_may_register_themselves"), Type: "checkbox", Checked: p.Registration},
		field{Name: "registration_token_required", Label: v.Say("board.settings.only_with_a_token"), Type: "checkbox", Checked: p.RegistrationToken},
		field{Name: "documents_advertised", Label: v.Say("board.settings.documents"), Type: "checkbox", Checked: p.Advertised, Hint: v.Say("board.settings.documents_hint")},
		field{Name: "documents_only_pre_registered", Label: v.Say("board.settings.documents_known"), Type: "checkbox", Checked: p.OnlyPreRegistered},
		field{Name: "documents_block_implicit", Label: v.Say("board.settings.documents_not_implicit"), Type: "checkbox", Checked: p.BlockHidden},
		field{Name: "allowed_origins", Label: v.Say("board.settings.allowed_origins"), Type: "textarea", Rows: 2, Code: true, Value: p.Origins, Hint: v.Say("board.settings.of_your_own_pages")})
	fields = append(fields,
		field{Type: "heading", Label: v.Say("board.settings.accounts")},
		field{Name: "sign_up", Label: v.Say("board.settings.who_may_make"), Type: "select", Half: true, Options: options(p.SignUp, "", v.Say("board.settings.sign_up_invited"), "open", v.Say("board.settings.sign_up_open"), "closed", v.Say("board.settings.sign_up_closed"))},
		field{Name: "sign_up_domains", Label: v.Say("board.settings.domains_of_their_addresses"), Type: "textarea", Rows: 2, Code: true, Value: p.SignUpDomains, Hint: v.Say("board.settings.domains_hint")},
		field{Name: "organizations", Label: v.Say("board.settings.users_can_belong_together"), Type: "checkbox", Checked: p.Organizations},
		field{Type: "heading", Label: v.Say("board.word.events")},
		field{Name: "events_kept", Label: v.Say("board.settings.days_that_events"), Type: "number", Min: "7", Half: true, Value: p.EventsKept, Required: true})
	factor := field{
		Name: "operators_need_second_factor", Label: v.Say("board.settings.operators_must_sign_in"), Type: "checkbox", Checked: p.SecondFactor, ReadOnly: !p.MayRequireFactor,
	}
	if !p.MayRequireFactor {
		factor.Hint = v.Say("board.settings.factor_hint")
	}
	fields = append(fields, field{Type: "heading", Label: v.Say("board.word.operators")}, factor)
	s.Blocks = []block{{ID: "settings", Heading: v.Say("board.settings.for_the_whole_instance"), Forms: []form{{Action: boardPath("/settings"), CSRF: p.CSRF, Submit: v.Say("board.word.save"), Fields: p.Mistakes.mark(fields)}}}}
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
	s := sheet{Board: p.Board, Title: v.Say("board.word.settings"), Tabs: settingsTabs(v, "branding")}
	s.Wrong = p.Mistakes.Other()
	v.Brand = p.Brand
	drawn, err := preview(v)
	if err != nil {
		return err
	}
	colour := p.Accent
	if colour == "" {
		colour = "#4353c4"
	}
	about := v.Say("board.settings.preview_saved")
	if !p.Saved {
		about = v.Say("board.settings.preview_unsaved")
	}
	s.Blocks = []block{
		{ID: "branding", Heading: v.Say("board.settings.branding"), Text: v.Say("board.settings.whose_pages_users_see"), Half: true, Forms: []form{
			{
				Action: boardPath("/settings/branding"), CSRF: p.CSRF, Submit: v.Say("board.word.save"),
				Extra: []extraButton{{"preview", "true", v.Say("board.settings.preview"), "secondary"}},
				Fields: p.Mistakes.mark([]field{
					{Name: "brand_name", Label: v.Say("board.word.name"), Type: "text", Value: p.Brand.Name, Complete: "off", Hint: v.Say("board.settings.name_hint")},
					{Name: "brand_accent", Label: v.Say("board.settings.colour"), Type: "color", Value: colour, Hint: v.Say("board.settings.colour_hint")},
					{Name: "plain", Label: v.Say("board.settings.use_signet_s_own"), Type: "checkbox", Checked: p.Accent == ""},
				}),
			},
			{
				ID: "brand-logo", Action: boardPath("/settings/branding/logo"), CSRF: p.CSRF, Files: true, Heading: v.Say("board.word.logo"), Submit: v.Say("board.word.upload"), Tone: "secondary",
				Fields: p.Mistakes.mark([]field{{Name: "file", Label: v.Say("board.word.picture"), Type: "file", Required: true, Hint: v.Say("board.settings.png_jpeg_gif")}}),
			},
		}},
		{ID: "preview", Heading: v.Say("board.settings.preview"), Text: about, Half: true, Charts: []template.HTML{drawn}},
	}
	if p.Brand.Logo != "" {
		s.Blocks[0].Forms = append(s.Blocks[0].Forms, form{Action: boardPath("/settings/branding/logo/remove"), CSRF: p.CSRF, Submit: v.Say("board.settings.remove_the_logo"), Tone: "danger"})
	}
	return board(w, v, s)
}

var previewTemplate = template.Must(template.New("preview").Funcs(template.FuncMap{"initial": initial, "asset": assetPath}).Parse(
	`{{with .Brand}}<div class="preview"><div class="card" aria-label="{{$.About}}" role="group">
<p class="brand">{{if .Logo}}<img src="{{.Logo}}" width="32" height="32" alt="">{{else if .Own}}<img src="{{asset "signet.svg"}}" width="32" height="32" alt="">{{else}}<span class="tile" aria-hidden="true">{{initial .Label}}</span>{{end}} <bdi>{{.Label}}</bdi></p>{{end}}
<p class="preview-title">{{.Title}}</p>
<p class="lead">{{.Lead}}</p>
<p class="preview-field">ada@example.com</p>
<p class="button">{{.Button}}</p>
</div></div>`))

// preview draws a part of the sign-in page under the brand of the view.
func preview(v View) (template.HTML, error) {
	lead, err := phrases{v.Language}.text("common.continue_to", "application", name("Analytical Engine"))
	if err != nil {
		return "", err
	}
	var w bytes.Buffer
	err = previewTemplate.Execute(&w, map[string]any{
		"Brand": v.Brand, "About": v.Say("board.settings.preview_of"), "Title": v.Say("sign_in.title"), "Lead": lead, "Button": v.Say("common.continue"),
	})
	return template.HTML(w.String()), err
}
