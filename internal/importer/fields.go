package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
)

// Fields are what a row of CSV or JSON may have, named as in POST /v1/users.
func Fields() []string { return slices.Sorted(maps.Keys(setters)) }

// setters put the text of a field into a user. A list has '|' between its parts.
var setters = map[string]func(*admin.NewUser, string) error{
	"id":                       put(func(n *admin.NewUser) *string { return &n.ID }),
	"external_id":              put(func(n *admin.NewUser) *string { return &n.ExternalID }),
	"username":                 put(func(n *admin.NewUser) *string { return &n.Username }),
	"first_name":               put(func(n *admin.NewUser) *string { return &n.FirstName }),
	"last_name":                put(func(n *admin.NewUser) *string { return &n.LastName }),
	"locale":                   put(func(n *admin.NewUser) *string { return &n.Locale }),
	"password":                 put(func(n *admin.NewUser) *string { return &n.Password }),
	"password_digest":          put(func(n *admin.NewUser) *string { return &n.PasswordDigest }),
	"password_hasher":          put(func(n *admin.NewUser) *string { return &n.PasswordHasher }),
	"email_address":            addresses(admin.EmailVerified),
	"unverified_email_address": addresses(admin.EmailUnverified),
	"public_metadata":          object(func(n *admin.NewUser) *json.RawMessage { return &n.PublicMetadata }),
	"private_metadata":         object(func(n *admin.NewUser) *json.RawMessage { return &n.PrivateMetadata }),
	"unsafe_metadata":          object(func(n *admin.NewUser) *json.RawMessage { return &n.UnsafeMetadata }),
	"banned":                   flag(func(n *admin.NewUser) *bool { return &n.Banned }),
	"locked":                   flag(func(n *admin.NewUser) *bool { return &n.Locked }),
	"created_at":               moment,
}

func put(field func(*admin.NewUser) *string) func(*admin.NewUser, string) error {
	return func(n *admin.NewUser, text string) error {
		*field(n) = text
		return nil
	}
}

func addresses(status admin.EmailStatus) func(*admin.NewUser, string) error {
	return func(n *admin.NewUser, text string) error {
		for _, address := range strings.Split(text, "|") {
			if address = strings.TrimSpace(address); address != "" && !slices.Contains(n.EmailAddresses, address) {
				n.EmailAddresses, n.EmailStatuses = append(n.EmailAddresses, address), append(n.EmailStatuses, status)
			}
		}
		return nil
	}
}

func object(field func(*admin.NewUser) *json.RawMessage) func(*admin.NewUser, string) error {
	return func(n *admin.NewUser, text string) error {
		if !json.Valid([]byte(text)) {
			return errors.New("is no JSON")
		}
		*field(n) = json.RawMessage(text)
		return nil
	}
}

func flag(field func(*admin.NewUser) *bool) func(*admin.NewUser, string) error {
	return func(n *admin.NewUser, text string) (err error) {
		if *field(n), err = strconv.ParseBool(text); err != nil {
			return errors.New("is neither true nor false")
		}
		return nil
	}
}

// moment reads RFC 3339, or milliseconds since 1970.
func moment(n *admin.NewUser, text string) (err error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		n.CreatedAt = time.UnixMilli(ms)
		return nil
	}
	if n.CreatedAt, err = time.Parse(time.RFC3339, text); err != nil {
		return errors.New("is no time as in RFC 3339")
	}
	return nil
}

// A Mapping says which field of ours theirs is; "" leaves it out.
type Mapping map[string]string

// ParseMapping reads theirs=ours, each once.
func ParseMapping(pairs []string) (Mapping, error) {
	m := Mapping{}
	for _, pair := range pairs {
		theirs, ours, ok := strings.Cut(pair, "=")
		if !ok || theirs == "" || ours != "" && setters[ours] == nil {
			return nil, fmt.Errorf("%q is not theirs=ours with one of the fields %s", pair, strings.Join(Fields(), ", "))
		}
		m[theirs] = ours
	}
	return m, nil
}

// setter finds what sets a field; known is false for one that nobody has named.
func (m Mapping) setter(theirs string) (set func(*admin.NewUser, string) error, known bool) {
	ours, mapped := m[theirs]
	switch {
	case mapped && ours == "":
		return nil, true
	case mapped:
		return setters[ours], true
	}
	set = setters[theirs]
	return set, set != nil
}
