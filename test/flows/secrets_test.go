package flows

import (
	"encoding/base32"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signet-auth/signet/test/harness"
)

func TestNoSecretIsLoggedOrKept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		answer, err := w.refresh(c, token.RefreshToken, "")
		if err != nil {
			t.Fatal(err)
		}
		w.userInfo(t, field(t, answer, "access_token"))
		someone := harness.NewPerson(t, w.Issuer)
		someone.Submit(someone.Visit(w.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": "ada@example.com", "password": harness.Password})
		secret, backup := w.turnOn(t, someone)
		raw, err := base32.StdEncoding.DecodeString(secret)
		if err != nil {
			t.Fatal(err)
		}
		cookies := 0
		secrets := map[string]string{
			"client secret": c.Secret, "password": harness.Password, "secret key": harness.SecretKey,
			"access token": token.AccessToken, "refresh token": token.RefreshToken,
			"next refresh token": field(t, answer, "refresh_token"), "a code": "oac_",
			"secret of the app": secret, "secret of the app as it is": string(raw), "same in hex": hex.EncodeToString(raw),
			"backup code": backup[0], "backup code without its hyphen": strings.ReplaceAll(backup[0], "-", ""),
		}
		worker := w.machine(t)
		_, machineToken := w.as(t, worker.Secret, "POST", "/m2m_tokens", nil)
		key := w.API(t, "POST", "/v1/api_keys", map[string]any{"name": "Export", "subject": w.User})
		w.API(t, "POST", "/v1/api_keys/verify", map[string]any{"secret": key["secret"]})
		secrets["key of a machine"], secrets["token of a machine"] = worker.Secret, machineToken["token"].(string)
		secrets["API key"] = key["secret"].(string)
		for _, cookie := range someone.Cookies() {
			secrets["cookie "+cookie.Name] = cookie.Value
			cookies++
		}
		if cookies < 2 {
			t.Errorf("the browser has %d cookies, want that of the session among them", cookies)
		}
		for place, x := range map[string]struct{ text, mark string }{
			"the log":      {w.Logs.String(), "/oauth/token"},
			"the database": {dump(t, w.Database), w.User},
		} {
			text := x.text
			if !strings.Contains(text, x.mark) {
				t.Errorf("%s does not hold %s, so it proves nothing", place, x.mark)
			}
			for name, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s holds the %s", place, name)
				}
			}
		}
	})
}

// dump gives everything that a database holds, as text.
func dump(t *testing.T, database string) string {
	t.Helper()
	var b strings.Builder
	if !strings.HasPrefix(database, "postgres://") {
		files, err := filepath.Glob(database + "*") // with the write-ahead log
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			bytes, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(bytes)
		}
		return b.String()
	}
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	rows, err := db.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := db.Query(t.Context(), `SELECT x::text FROM `+pgx.Identifier{table}.Sanitize()+` x`)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.Join(lines, "\n"))
	}
	return b.String()
}
