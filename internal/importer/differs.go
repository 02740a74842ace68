package importer

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// differs names the fields that a row gives and a user who is there has otherwise.
// Passwords cannot be compared.
func differs(n admin.NewUser, u store.User) (fields []string) {
	for _, x := range []struct{ field, row, here string }{
		{"id", n.ID, u.ID},
		{"external_id", n.ExternalID, u.ExternalID},
		{"username", strings.ToLower(n.Username), strings.ToLower(u.Username)},
		{"first_name", n.FirstName, u.FirstName},
		{"last_name", n.LastName, u.LastName},
		{"locale", n.Locale, u.Locale},
	} {
		if x.row != "" && x.row != x.here {
			fields = append(fields, x.field)
		}
	}
	var addresses []string
	for _, e := range u.Emails {
		addresses = append(addresses, account.CanonicalEmail(e.Address))
	}
	if slices.ContainsFunc(n.EmailAddresses, func(a string) bool { return !slices.Contains(addresses, account.CanonicalEmail(a)) }) {
		fields = append(fields, "email_address")
	}
	for _, x := range []struct {
		field     string
		row, here json.RawMessage
	}{
		{"public_metadata", n.PublicMetadata, u.PublicMetadata},
		{"private_metadata", n.PrivateMetadata, u.PrivateMetadata},
		{"unsafe_metadata", n.UnsafeMetadata, u.UnsafeMetadata},
	} {
		if len(x.row) > 0 && !sameJSON(x.row, x.here) {
			fields = append(fields, x.field)
		}
	}
	if n.Banned && !u.Banned {
		fields = append(fields, "banned")
	}
	if n.Locked && !u.Locked {
		fields = append(fields, "locked")
	}
	return fields
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
