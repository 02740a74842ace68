package admin

import (
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/signet-auth/signet/internal/store"
)

// maxMembers is the most that a limit of members may be.
const maxMembers = 1 << 30

// slugLetters are what slugs are made of.
const slugLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"

// isSlug reports whether s can be a slug. Anything else exists nowhere.
func isSlug(s string) bool {
	return s != "" && len(s) <= maxText && strings.Trim(s, slugLetters) == ""
}

// apply decides whether the organization may be as f says.
func (f OrganizationFields) apply(o *store.Organization) error {
	var p problems
	f.applyName(o, &p)
	if f.Slug != nil {
		if o.Slug = *f.Slug; !isSlug(o.Slug) {
			p.add("slug", Malformed, "slug must be 1 to 256 lower case letters, digits and hyphens.")
		}
	}
	if f.MaxMembers != nil {
		o.MaxMembers = *f.MaxMembers
		p.limit(o.MaxMembers)
	}
	if f.AdminsDelete != nil {
		o.AdminsDelete = *f.AdminsDelete
	}
	if !f.CreatedAt.IsZero() {
		if o.CreatedAt = f.CreatedAt.Truncate(time.Millisecond); !admitted(o.CreatedAt) {
			p.add("created_at", NotATime, "created_at must be a time between 1970 and 9999.")
		}
	}
	p.bothMetadata(&o.PublicMetadata, &o.PrivateMetadata, f.PublicMetadata, f.PrivateMetadata, f.MergeMetadata)
	return p.err()
}

// applyName wants a name that is nothing to click on: it stands on the pages of
// others.
func (f OrganizationFields) applyName(o *store.Organization, p *problems) {
	if f.Name != nil {
		o.Name = p.line("name", *f.Name)
	}
	lower := strings.ToLower(o.Name)
	switch {
	case f.Name == nil && o.Name == "":
		p.add("name", Missing, "name must be included.")
	case o.Name == "":
		p.add("name", Empty, "name must not be empty.")
	case strings.ContainsAny(lower, "<>"), strings.Contains(lower, "://"), strings.HasPrefix(lower, "www."):
		p.add("name", Unacceptable, "name must hold neither addresses nor markup.")
	}
}

func (p *problems) limit(n int) {
	if n < 0 || n > maxMembers {
		p.add("max_allowed_memberships", Unacceptable, "max_allowed_memberships must be 0, for any number, to 1073741824.")
	}
}

// bothMetadata puts what is given in the place of what is kept, or lays it over.
func (p *problems) bothMetadata(public, private *json.RawMessage, givenPublic, givenPrivate json.RawMessage, merge bool) {
	for _, x := range []struct {
		field string
		kept  *json.RawMessage
		given json.RawMessage
	}{{"public_metadata", public, givenPublic}, {"private_metadata", private, givenPrivate}} {
		if merge {
			x.given = merged(orEmptyObject(*x.kept), x.given)
		}
		if given := p.metadata(x.field, x.given); given != nil {
			*x.kept = given
		}
	}
	*public, *private = orEmptyObject(*public), orEmptyObject(*private)
}

// slugOf makes a slug of a name. Another attempt ends in random letters.
func (a *Admin) slugOf(name string, attempt int) (string, error) {
	const longest = 64
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r < 0x300 || r > 0x36f: // no accent that has come off its letter
			gap = true
		}
		if b.Len() >= longest {
			break
		}
	}
	slug := b.String()
	if slug != "" && attempt == 0 {
		return slug, nil
	}
	tail, err := a.text(8)
	return strings.Trim(slug+"-"+strings.ToLower(tail), "-"), err
}

// organizationSettings checks the settings about organizations.
func (p *problems) organizationSettings(s store.OrganizationSettings) { p.limit(s.MaxMembers) }
