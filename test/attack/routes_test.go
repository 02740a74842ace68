package attack

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A route is where a face answers, as its source registers it.
type route struct{ face, method, path string }

// faces are the packages that register routes, and what the paths in tables begin with.
var faces = map[string]string{"hosted": "", "dashboard": "/dashboard", "provider": "", "backendapi": "", "server": ""}

// computed are the patterns that no constant gives: they come from tables, whose keys
// are looked at, or are listed by others.
var computed = []string{
	`path`, `method + " " + root + path`, // tables of patterns
	`"GET /account/" + path`,                                  // where forms that were refused lead; see extra
	`method + " " + path`, `"OPTIONS " + path`, `unversioned`, // no pages
}

// extra are the paths that "GET /account/" + path gives.
var extra = []string{"/account/password", "/account/passkeys", "/account/second-factor", "/account/picture", "/account/addresses", "/account/addresses/confirm"}

// routes reads the route tables of all faces, so that no page can be forgotten.
var routes = sync.OnceValues(func() ([]route, error) {
	sources, err := parsed("account", "admin", "backendapi", "dashboard", "hosted", "oauth", "provider", "server", "ui")
	if err != nil {
		return nil, err
	}
	var all []route
	for _, path := range extra {
		all = append(all, route{"hosted", "GET", path})
	}
	for face, root := range faces {
		for _, file := range sources[face] {
			ast.Inspect(file, func(n ast.Node) bool {
				key := ast.Expr(nil)
				switch n := n.(type) {
				case *ast.KeyValueExpr:
					key = n.Key
				case *ast.CallExpr:
					f, ok := n.Fun.(*ast.SelectorExpr)
					if !ok || len(n.Args) != 2 || f.Sel.Name != "Handle" && f.Sel.Name != "HandleFunc" {
						return true
					}
					if key = n.Args[0]; text(sources, face, key) == "" && !slices.Contains(computed, types.ExprString(key)) {
						err = &fs.PathError{Op: "reading the routes", Path: types.ExprString(key), Err: fs.ErrInvalid}
					}
				default:
					return true
				}
				if m := pattern.FindStringSubmatch(text(sources, face, key)); m != nil {
					x := route{face, m[1], m[2]}
					if _, in := n.(*ast.KeyValueExpr); in {
						x.path = root + x.path
					}
					all = append(all, x)
				}
				return true
			})
		}
	}
	return all, err
})

var pattern = regexp.MustCompile(`^([A-Z]+) (/\S*|)$`)

// parsed reads the packages of the project with these names, without their tests.
func parsed(names ...string) (map[string][]*ast.File, error) {
	all := map[string][]*ast.File{}
	for _, name := range names {
		files, err := filepath.Glob(filepath.Join("..", "..", "internal", name, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path.Base(file), source, 0)
			if err != nil {
				return nil, err
			}
			all[name] = append(all[name], tree)
		}
	}
	return all, nil
}

// text is the value of a constant string, or "".
func text(sources map[string][]*ast.File, in string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0))
		}
	case *ast.BinaryExpr:
		left, right := text(sources, in, e.X), text(sources, in, e.Y)
		if left != "" && right != "" {
			return left + right
		}
	case *ast.SelectorExpr:
		if from, ok := e.X.(*ast.Ident); ok {
			return text(sources, from.Name, e.Sel)
		}
	case *ast.Ident:
		return named(sources, in, e.Name)
	}
	return ""
}

// named is the value of a constant of a package, or "".
func named(sources map[string][]*ast.File, in, name string) (value string) {
	for _, file := range sources[in] {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, x := range spec.Names {
					if x.Name == name && value == "" {
						value = text(sources, in, spec.Values[i])
					}
				}
			}
			return value == ""
		})
	}
	return value
}

func TestTheRoutesAreFound(t *testing.T) {
	all, err := routes()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []route{
		{"hosted", "GET", "/sign-in"},
		{"hosted", "POST", "/sign-in/second-factor"},
		{"hosted", "GET", "/verify-address"},
		{"hosted", "GET", "/sign-in/link"},
		{"dashboard", "GET", "/dashboard"},
		{"dashboard", "POST", "/dashboard/setup"},
		{"dashboard", "GET", "/dashboard/users/{id}/access"},
		{"provider", "GET", "/oauth/authorize"},
		{"backendapi", "GET", "/reference"},
		{"server", "GET", "/images/{name}"},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%v is not found", want)
		}
	}
	if len(all) < 130 {
		t.Errorf("%d routes", len(all))
	}
}
