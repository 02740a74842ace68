package sqlstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// toldTables are the tables whose changes are told.
var toldTables = []string{
	"users", "emails", "sessions", "connections", "grants", "clients", "instance", "api_keys", "signing_keys", "webhooks",
	"organizations", "memberships", "machines", "machine_scopes", "m2m_tokens", "subject_keys", "sign_in_tokens", "invitations",
	"second_factors", "backup_codes", "passkeys", "identities", "operators",
}

// untold are the methods that change one of them and tell nothing, and why.
var untold = map[string]string{
	"CreateInstance":            "nobody can have asked to be told yet",
	"RenewDigest":               "the password is the same",
	"TouchUser":                 "when somebody was active is noted, not told",
	"Touch":                     "when a connection was used is noted, not told",
	"RememberOrganization":      "what a page offers first",
	"RotateRefreshToken":        "tokens are not told",
	"CreateM2MToken":            "tokens are not told",
	"PooledM2MToken":            "tokens are not told",
	"TakeTry":                   "attempts are counted, not told",
	"ExtendSession":             "when somebody was active is noted, not told",
	"ForgetDevices":             "the sessions that end with it are told",
	"UseTOTP":                   "the session that begins is told",
	"UsePasskey":                "the session that begins is told",
	"UseIdentity":               "the session that begins is told",
	"DeleteExpiredSessions":     "they end by the clock",
	"DeleteExpiredGrants":       "they end by the clock",
	"DeleteExpiredSignInTokens": "they end by the clock",
	"DeleteExpiredSubjectKeys":  "they end by the clock",
	"DeleteExpiredM2MTokens":    "they end by the clock",
}

// A body is what a function calls, which tables it writes, and which it names apart from
// its statements, for one that says "UPDATE " + table.
type body struct {
	calls  []string
	writes []string // "" for one that is named elsewhere
	names  []string
}

var writing = regexp.MustCompile(`(?:INSERT INTO|DELETE FROM|UPDATE) (\w*)`)

// Each method of the store that changes what is told tells it: it calls tell or telling
// itself, or by what it calls.
func TestWhatIsChangedIsTold(t *testing.T) {
	functions, methods := functionsOfPackage(t)
	needless := map[string]bool{}
	for name := range untold {
		needless[name] = true
	}
	changing := 0
	for _, name := range methods {
		all := reached(functions, name, map[string]bool{})
		if !all.changes() {
			continue
		}
		tells := slices.Contains(all.calls, "tell")
		changing++
		reason, excepted := untold[name]
		delete(needless, name)
		switch {
		case !tells && !excepted:
			t.Errorf("%s changes what is told and tells nothing", name)
		case tells && excepted:
			t.Errorf("%s tells something, though %q", name, reason)
		}
	}
	if changing < 40 {
		t.Errorf("%d methods change something: the test does not see them", changing)
	}
	for name := range needless {
		t.Errorf("%s changes nothing that is told", name)
	}
}

// changes reports whether a table is written whose changes are told.
func (b body) changes() bool {
	written := b.writes
	if slices.Contains(written, "") {
		written = append(written, b.names...)
	}
	return slices.ContainsFunc(written, func(table string) bool { return slices.Contains(toldTables, table) })
}

// reached is what a function does itself and by what it calls.
func reached(functions map[string]body, name string, seen map[string]bool) (all body) {
	if seen[name] {
		return body{}
	}
	seen[name] = true
	all = merged(all, functions[name])
	for _, called := range functions[name].calls {
		all = merged(all, reached(functions, called, seen))
	}
	return all
}

// value is what the names of variables and constants begin with, among functions.
const value = "the value "

// functionsOfPackage gives what the functions of the package do, and which are methods of
// the store. Variables and constants are among them, for the statements that they hold.
func functionsOfPackage(t *testing.T) (functions map[string]body, methods []string) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	functions = map[string]body{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				functions[d.Name.Name] = merged(functions[d.Name.Name], bodyOf(d))
				if d.Recv != nil && d.Name.IsExported() {
					methods = append(methods, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						functions[value+v.Names[0].Name] = bodyOf(v)
					}
				}
			}
		}
	}
	return functions, methods
}

// merged is for functions of one name: both engines have some.
func merged(a, b body) body {
	return body{slices.Concat(a.calls, b.calls), slices.Concat(a.writes, b.writes), slices.Concat(a.names, b.names)}
}

func bodyOf(n ast.Node) (b body) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				b.calls = append(b.calls, f.Name)
			case *ast.SelectorExpr:
				b.calls = append(b.calls, f.Sel.Name)
			}
		case *ast.Ident:
			b.calls = append(b.calls, value+n.Name)
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind != token.STRING || err != nil {
				break
			}
			if slices.Contains(toldTables, text) { // put into a statement
				b.names = append(b.names, text)
			}
			for _, m := range writing.FindAllStringSubmatch(text, -1) {
				b.writes = append(b.writes, m[1])
			}
		}
		return true
	})
	return b
}
