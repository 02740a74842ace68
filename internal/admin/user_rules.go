package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/account"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

const (
	maxEmails   = 50
	maxMetadata = 8 * 1024 // bytes of each of the three
	maxLocale   = 64
)

// check decides whether the user may exist, and brings its texts into the form
// in which they are kept.
func (n *NewUser) check() error {
	var p problems
	if n.ID != "" && !isID("user_", n.ID) {
		p.add("id", Malformed, "id must be user_ and 27 letters and digits.")
	}
	n.checkEmails(&p)
	n.checkUsername(&p)
	n.checkPassword(&p)
	n.checkDigest(&p)
	n.FirstName = p.line("first_name", n.FirstName)
	n.LastName = p.line("last_name", n.LastName)
	n.ExternalID = p.line("external_id", n.ExternalID)
	n.checkLocale(&p)
	n.PublicMetadata = p.metadata("public_metadata", n.PublicMetadata)
	n.PrivateMetadata = p.metadata("private_metadata", n.PrivateMetadata)
	n.UnsafeMetadata = p.metadata("unsafe_metadata", n.UnsafeMetadata)
	n.UserOptions.check(&p)
	if !n.CreatedAt.IsZero() && !admitted(n.CreatedAt) {
		p.add("created_at", NotATime, "created_at must be a time between 1970 and 9999.")
	}
	n.CreatedAt = n.CreatedAt.Truncate(time.Millisecond)
	if len(n.EmailAddresses) == 0 && n.Username == "" {
		p.add("email_address", MissingData, "A user must have an email_address or a username.")
	}
	return p.err()
}

func (n *NewUser) checkEmails(p *problems) {
	if len(n.EmailAddresses) > maxEmails {
		p.add("email_address", TooMany, "email_address must name at most 50 addresses.")
		return
	}
	kept := make([]string, 0, len(n.EmailAddresses))
	seen := map[string]bool{}
	for _, address := range n.EmailAddresses {
		address = norm.NFC.String(strings.TrimSpace(address))
		canonical := account.CanonicalEmail(address)
		switch {
		case !account.IsEmail(address):
			p.add("email_address", Malformed, "email_address must hold valid e-mail addresses.")
		case seen[canonical]:
			p.add("email_address", Repeated, "email_address must not name an address twice.")
		}
		seen[canonical] = true
		kept = append(kept, address)
	}
	n.EmailAddresses = kept
	for _, s := range n.EmailStatuses {
		if s != EmailVerified && s != EmailUnverified && s != EmailReserved {
			p.add("email_address_identification_status", Unacceptable, "email_address_identification_status must be verified, unverified or reserved.")
			return
		}
	}
}

func (n *NewUser) checkUsername(p *problems) {
	n.Username = strings.TrimSpace(n.Username)
	if n.Username == "" {
		return
	}
	kinds := map[account.UsernameProblem]Kind{
		account.UsernameLength:    UsernameLength,
		account.UsernameCharacter: UsernameCharacter,
		account.UsernameAllDigits: UsernameAllDigits,
	}
	var problem account.UsernameProblem
	if errors.As(account.CheckUsername(n.Username), &problem) {
		p.add("username", kinds[problem], sentence(problem))
	}
}

func (n *NewUser) checkPassword(p *problems) {
	if n.Password == "" {
		return
	}
	err := account.CheckDigestible(n.Password)
	if !n.SkipPasswordChecks {
		err = account.CheckPassword(n.Password, append([]string{n.Username}, n.EmailAddresses...)...)
	}
	kinds := map[account.PasswordProblem]Kind{
		account.PasswordTooShort:     PasswordTooShort,
		account.PasswordTooLong:      PasswordTooLong,
		account.PasswordNotText:      Malformed,
		account.PasswordCommon:       PasswordCommon,
		account.PasswordIsIdentifier: PasswordIsIdentifier,
	}
	var problem account.PasswordProblem
	if errors.As(err, &problem) {
		p.add("password", kinds[problem], sentence(problem))
	}
}

func (n *NewUser) checkDigest(p *problems) {
	switch {
	case n.PasswordDigest == "" && n.PasswordHasher == "":
		return
	case n.PasswordDigest == "":
		p.add("password_digest", MissingCompanion, "password_digest must be included with password_hasher.")
		return
	case n.PasswordHasher == "":
		p.add("password_hasher", MissingCompanion, "password_hasher must be included with password_digest.")
		return
	case n.Password != "":
		p.add("password_digest", Disallowed, "password_digest must not be included with password.")
	}
	kept, err := account.ImportDigest(n.PasswordHasher, n.PasswordDigest)
	switch {
	case errors.Is(err, account.ErrHasher):
		p.add("password_hasher", Unacceptable, "password_hasher must be one of "+strings.Join(account.Hashers(), ", ")+".")
	case err != nil:
		p.add("password_digest", DigestUnusable, "password_digest: "+sentence(err))
	default:
		n.PasswordDigest = kept
	}
}

func (n *NewUser) checkLocale(p *problems) {
	if n.Locale == "" {
		return
	}
	if len(n.Locale) > maxLocale {
		p.add("locale", TooLong, "locale must be at most 64 characters long.")
		return
	}
	var unknown language.ValueError // well-formed, with a subtag that is not registered
	if _, err := language.Parse(n.Locale); err != nil && !errors.As(err, &unknown) {
		p.add("locale", Malformed, "locale must be a BCP 47 language tag, such as en-US.")
	}
}

// metadata reads a JSON object of at most 8 KiB.
func (p *problems) metadata(field string, object json.RawMessage) json.RawMessage {
	if len(object) == 0 {
		return nil
	}
	var compact bytes.Buffer
	switch {
	case json.Compact(&compact, object) != nil || compact.Bytes()[0] != '{' || !utf8.Valid(object):
		p.add(field, Malformed, field+" must be a JSON object.")
	case compact.Len() > maxMetadata:
		p.add(field, TooLarge, field+" must be at most 8 KiB of JSON.")
	}
	return compact.Bytes()
}

// sentence makes a sentence of an error text.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
