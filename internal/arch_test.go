// Package internal holds the tests of the shape of the house.
package internal

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the diagram of ARCHITECTURE.md in a form that can fail. A package
// imports packages on lower floors only, so siblings do not know each other.
var floors = map[string]int{
	"oauth": 0, "keyring": 0, "reqid": 0, "sample": 0, "protect": 0, "throttle": 0, "peer": 0, "picture": 0, "lang": 0, "upstream": 0,
	"store": 1, "doctor": 1, "mail": 1, "config": 1,
	"cache": 2, "registration": 2, "session": 2, "passkey": 2, "account": 2, "token": 2, "ui": 2, "webhook": 2,
	"ui/gallery": 3, "provider": 3, "hosted": 3, "backendapi": 3, "dashboard": 3,
	"server": 4, "importer": 4,
	"bench": 5,
	"chart": 0, "telemetry": 1,
}

// exceptions are imports that floors do not allow.
var exceptions = []string{
	"sqlstore store", // keeps its promises
	"mail store",     // sends what it keeps
	"backendapi admin",
	"dashboard admin",
	"server sqlstore", // assembles everything
	"bench sqlstore",  // fills the database
}

func TestFloors(t *testing.T) {
	floors["sqlstore"] = floors["store"]
	floors["admin"] = floors["backendapi"]
	const module = "github.com/signet-auth/signet/"
	const ours = module + "internal/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, ok := strings.CutPrefix(fields[0], ours)
		if !ok || isForTests(pkg) {
			continue
		}
		floor, known := floors[pkg]
		if !known {
			t.Errorf("%s has no floor: add it to the diagram here and in ARCHITECTURE.md", pkg)
		}
		for _, imported := range fields[1:] {
			dep, ok := strings.CutPrefix(imported, ours)
			switch {
			case !ok || slices.Contains(exceptions, pkg+" "+dep):
			case isForTests(dep):
				t.Errorf("%s imports %s, which is for tests", pkg, dep)
			case floors[dep] >= floor:
				t.Errorf("%s imports %s, which is not on a lower floor: move the code or change the diagram", pkg, dep)
			}
		}
	}
}

// isForTests tells packages that only tests import.
func isForTests(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// RFC 6749 §4.1.2.1 and §5.2: descriptions are printable ASCII without quotes and
// backslashes. They must be constants, so that no input gets into URLs.
func TestDescriptions(t *testing.T) {
	admitted := regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`)
	count := 0
	eachFile(t, "oauth", func(_ string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "refuse" {
				return false // it passes on what its callers say
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || !isRefuse(call.Fun) {
				return true
			}
			count++
			text := ""
			if literal, ok := call.Args[len(call.Args)-1].(*ast.BasicLit); ok {
				text, _ = strconv.Unquote(literal.Value)
			}
			if !admitted.MatchString(text) {
				t.Errorf("%s: the description is no constant, or has a character that RFC 6749 does not admit", fset.Position(call.Pos()))
			}
			return true
		})
	})
	if count < 30 {
		t.Errorf("found %d refusals; does refuse still have that name?", count)
	}
}

// isRefuse recognizes refuse and methods of that name.
func isRefuse(function ast.Expr) bool {
	if method, ok := function.(*ast.SelectorExpr); ok {
		function = method.Sel
	}
	name, ok := function.(*ast.Ident)
	return ok && name.Name == "refuse"
}

// The most lines of a file and of a function.
const (
	maxFile     = 400
	maxFunction = 80
)

func TestSizes(t *testing.T) {
	for _, dir := range []string{".", "../cmd"} {
		eachFile(t, dir, func(path string, fset *token.FileSet, file *ast.File) {
			if n := fset.File(file.Pos()).LineCount(); n > maxFile {
				t.Errorf("%s has %d lines: find the second concern in it", path, n)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1; n > maxFunction {
					t.Errorf("%s: %s has %d lines: name its parts", path, f.Name.Name, n)
				}
			}
		})
	}
}

// eachFile parses every Go file below dir that is part of the program.
func eachFile(t *testing.T, dir string, visit func(path string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || isForTests(filepath.Base(filepath.Dir(path))) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.HasPrefix(text, []byte("// Code generated")) {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(path, fset, file)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
