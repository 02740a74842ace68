package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// invite serves POST /dashboard/invitations. The page that follows shows the link.
func (d *Dashboard) invite(v *visit) (answer, error) {
	days, _ := strconv.Atoi(v.get("expires_in_days")) // 0 is the default
	made, err := d.Admin.Invite(v.r.Context(), admin.NewInvitation{EmailAddress: v.get("email_address"), Days: days})
	var m ui.Mistakes
	if err != nil {
		if m, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
	}
	page, err := d.invitationsPage(v)
	if err != nil {
		return answer{}, err
	}
	if m != nil {
		page.Address, page.Mistakes = v.get("email_address"), m
		return answer{status: http.StatusUnprocessableEntity, page: page}, nil
	}
	page.Link = d.Issuer + "/sign-up?" + url.Values{"ticket": {d.Tickets.Invitation(made[0].ID)}}.Encode()
	return answer{page: page}, nil
}

// revokeInvitation serves POST /dashboard/invitations/{id}/revoke.
func (d *Dashboard) revokeInvitation(v *visit) (answer, error) {
	_, err := d.Admin.RevokeInvitation(v.r.Context(), v.r.PathValue("id"))
	return done(root+"/invitations", "saved"), err
}

// secretKeys serves GET /dashboard/secret-keys.
func (d *Dashboard) secretKeys(v *visit) (answer, error) {
	page, err := d.secretKeysPage(v)
	return answer{page: page}, err
}

func (d *Dashboard) secretKeysPage(v *visit) (ui.BoardSecretKeys, error) {
	page := ui.BoardSecretKeys{Board: v.board("/secret-keys"), Now: d.Now()}
	keys, err := d.Admin.SecretKeys(v.r.Context())
	for _, k := range keys {
		page.Keys = append(page.Keys, ui.KeyLine{APIKey: k.APIKey, LastUsedAt: k.LastUsedAt})
	}
	return page, err
}

// createSecretKey serves POST /dashboard/secret-keys. The page that follows shows the
// key.
func (d *Dashboard) createSecretKey(v *visit) (answer, error) {
	k, err := d.Admin.CreateSecretKey(v.r.Context(), v.get("name"), readSeconds(v.get("lifetime")), strings.HasPrefix(d.Issuer, "http:"))
	var m ui.Mistakes
	if err != nil {
		if m, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
	}
	page, err := d.secretKeysPage(v)
	if err != nil {
		return answer{}, err
	}
	if m != nil {
		page.Name, page.Mistakes = v.get("name"), m
		return answer{status: http.StatusUnprocessableEntity, page: page}, nil
	}
	page.Made = k.Value
	return answer{page: page}, nil
}

// revokeSecretKey serves POST /dashboard/secret-keys/{id}/revoke.
func (d *Dashboard) revokeSecretKey(v *visit) (answer, error) {
	return done(root+"/secret-keys", "revoked"), d.Admin.RevokeSecretKey(v.r.Context(), v.r.PathValue("id"))
}

// signingKeys serves GET /dashboard/signing-keys.
func (d *Dashboard) signingKeys(v *visit) (answer, error) { return d.signingKeysPage(v, nil) }

func (d *Dashboard) signingKeysPage(v *visit, m ui.Mistakes) (answer, error) {
	keys, err := d.Keys.SigningKeys(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardSigningKeys{Board: v.board("/signing-keys"), Now: d.Now(), Mistakes: m}
	signs := signing(keys, d.Now())
	for _, k := range keys {
		page.Keys = append(page.Keys, ui.SigningLine{SigningKey: store.SigningKey{
			ID: k.ID, Algorithm: k.Algorithm, ActiveFrom: k.ActiveFrom, RetiredAt: k.RetiredAt,
		}, Signs: signs[k.ID]})
	}
	a := answer{page: page}
	if m != nil {
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

// rotateKeys serves POST /dashboard/signing-keys/rotate.
func (d *Dashboard) rotateKeys(v *visit) (answer, error) {
	return done(root+"/signing-keys", "rotated"), d.Signing.Rotate(v.r.Context())
}

// replaceKeys serves POST /dashboard/signing-keys/replace.
func (d *Dashboard) replaceKeys(v *visit) (answer, error) {
	if strings.TrimSpace(v.get("confirm")) != "replace" {
		return d.signingKeysPage(v, ui.Mistakes{"confirm": v.say("board.mistake.replace")})
	}
	return done(root+"/signing-keys", "replaced"), d.Signing.RotateNow(v.r.Context())
}
