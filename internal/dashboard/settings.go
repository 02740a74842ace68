package dashboard

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// showSettings serves GET /dashboard/settings.
func (d *Dashboard) showSettings(v *visit) (answer, error) {
	s, err := d.Admin.Settings(v.r.Context())
	return answer{page: d.settingsPage(v, s)}, err
}

// settingsPage shows settings, kept or entered.
func (d *Dashboard) settingsPage(v *visit, s store.Settings) ui.BoardSettings {
	return ui.BoardSettings{
		Board: v.board("/settings"), Lifetimes: lifetimeChoices(v, s.Lifetimes, s), HTTPRedirects: s.AllowHTTPRedirectURIs, JWT: s.JWTAccessTokens,
		Registration: s.DynamicRegistration, RegistrationToken: s.RegistrationTokenRequired, Advertised: s.MetadataDocuments.Advertised,
		OnlyPreRegistered: s.MetadataDocuments.OnlyPreRegistered, BlockHidden: s.MetadataDocuments.BlockImplicit,
		Resources: strings.Join(s.Resources, "\n"), Origins: strings.Join(s.AllowedOrigins, "\n"),
		SignUp: string(s.SignUp.Policy), SignUpDomains: strings.Join(s.SignUp.Domains, "\n"), Organizations: s.Organizations.Enabled,
		EventsKept:   strconv.Itoa(int(admin.EventsKept(s) / (24 * time.Hour))),
		SecondFactor: s.OperatorsNeedSecondFactor, MayRequireFactor: s.OperatorsNeedSecondFactor || twoFactors(v.current),
	}
}

// updateSettings serves POST /dashboard/settings.
func (d *Dashboard) updateSettings(v *visit) (answer, error) {
	entered := store.Settings{}
	change := func(s *store.Settings) {
		for _, l := range lifetimes {
			*l.of(&s.Lifetimes) = readSeconds(v.get(l.name))
		}
		s.AllowHTTPRedirectURIs, s.JWTAccessTokens = v.checked("allow_http_redirect_uris"), v.checked("jwt_access_tokens")
		s.DynamicRegistration, s.RegistrationTokenRequired = v.checked("dynamic_registration"), v.checked("registration_token_required")
		s.MetadataDocuments = store.MetadataDocuments{
			Advertised: v.checked("documents_advertised"), OnlyPreRegistered: v.checked("documents_only_pre_registered"), BlockImplicit: v.checked("documents_block_implicit"),
		}
		s.SignUp = store.SignUp{Policy: store.SignUpPolicy(v.get("sign_up")), Domains: v.lines("sign_up_domains")}
		s.Organizations.Enabled = v.checked("organizations")
		s.EventsKept = readDays(v.get("events_kept"))
		s.Resources, s.AllowedOrigins = v.lines("resources"), v.lines("allowed_origins")
		// Only who has a second factor may ask it of all: nobody shuts everybody out.
		if s.OperatorsNeedSecondFactor || twoFactors(v.current) {
			s.OperatorsNeedSecondFactor = v.checked("operators_need_second_factor")
		}
		entered = *s
	}
	_, err := d.Admin.UpdateSettings(v.r.Context(), change)
	if err == nil {
		return done(root+"/settings", "saved"), nil
	}
	page := d.settingsPage(v, entered)
	for i := range page.Lifetimes {
		page.Lifetimes[i].Value = v.get(page.Lifetimes[i].Name)
	}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// readDays reads a number of days; what is none becomes one that no rule admits.
func readDays(s string) time.Duration {
	const most = 100 * 365
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return -time.Second
	}
	return time.Duration(n) * 24 * time.Hour
}

// showBranding serves GET /dashboard/settings/branding.
func (d *Dashboard) showBranding(v *visit) (answer, error) {
	s, err := d.Admin.Settings(v.r.Context())
	return answer{page: ui.BoardBranding{Board: v.board("/settings"), Brand: ui.Brand(s.Brand), Accent: s.Brand.Accent, Saved: true}}, err
}

// updateBranding serves POST /dashboard/settings/branding: it saves, or shows how it
// would look.
func (d *Dashboard) updateBranding(v *visit) (answer, error) {
	s, err := d.Admin.Settings(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	brand := store.Brand{Name: strings.TrimSpace(v.get("brand_name")), Logo: s.Brand.Logo, Accent: v.get("brand_accent")}
	if v.checked("plain") {
		brand.Accent = ""
	}
	page := ui.BoardBranding{Board: v.board("/settings"), Brand: ui.Brand(brand), Accent: brand.Accent}
	if v.checked("preview") {
		return answer{page: page}, nil
	}
	_, err = d.Admin.UpdateSettings(v.r.Context(), func(s *store.Settings) { s.Brand.Name, s.Brand.Accent = brand.Name, brand.Accent })
	if err == nil {
		return done(root+"/settings/branding", "saved"), nil
	}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// uploadBrandLogo serves POST /dashboard/settings/branding/logo.
func (d *Dashboard) uploadBrandLogo(v *visit) (answer, error) {
	file, err := v.file()
	if err != nil {
		return answer{}, err
	}
	if err = d.Admin.SetBrandLogo(v.r.Context(), file); err == nil {
		return done(root+"/settings/branding", "logo"), nil
	}
	m, err := v.mistakes(err)
	if err != nil {
		return answer{}, err
	}
	s, err := d.Admin.Settings(v.r.Context())
	return answer{status: http.StatusUnprocessableEntity, page: ui.BoardBranding{
		Board: v.board("/settings"), Brand: ui.Brand(s.Brand), Accent: s.Brand.Accent, Saved: true, Mistakes: m,
	}}, err
}

// removeBrandLogo serves POST /dashboard/settings/branding/logo/remove.
func (d *Dashboard) removeBrandLogo(v *visit) (answer, error) {
	return done(root+"/settings/branding", "saved"), d.Admin.SetBrandLogo(v.r.Context(), nil)
}
