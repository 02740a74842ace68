package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
)

// A row is *sql.Row or *sql.Rows.
type row interface{ Scan(into ...any) error }

// idField reads bytes of a fixed length: ids and hashes.
type idField struct{ into []byte }

// Scan implements sql.Scanner.
func (f idField) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(f.into) {
		return fmt.Errorf("%d bytes are kept as %T of %d", len(f.into), value, len(b))
	}
	copy(f.into, b)
	return nil
}

// scopesField reads a set of scopes.
type scopesField struct{ into *oauth.Scopes }

// Scan implements sql.Scanner.
func (f scopesField) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	if err == nil {
		*f.into, err = oauth.ParseScopes(text.String)
	}
	return err
}

// jsonField reads JSON kept as text.
type jsonField struct{ into *json.RawMessage }

// Scan implements sql.Scanner.
func (f jsonField) Scan(value any) error {
	switch v := value.(type) {
	case string:
		*f.into = json.RawMessage(v)
	case []byte:
		*f.into = append(json.RawMessage{}, v...)
	default:
		return fmt.Errorf("JSON is kept as %T", value)
	}
	return nil
}

// textOrNull reads text; NULL is "".
type textOrNull struct{ into *string }

// Scan implements sql.Scanner.
func (f textOrNull) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	*f.into = text.String
	return err
}

// wordsField reads words kept with spaces between; "" is none.
type wordsField struct{ into *[]string }

// Scan implements sql.Scanner.
func (f wordsField) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	if *f.into = nil; text.String != "" {
		*f.into = strings.Split(text.String, " ")
	}
	return err
}
