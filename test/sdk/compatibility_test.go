package sdk

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

var update = flag.Bool("update", false, "write docs/compatibility.md anew")

const nodeSDK = "@clerk/backend"

//go:embed scope.json
var scopeFile []byte

// scope says what is not offered: the reason by SDK and by resource or method.
var scope = func() (s map[string]map[string]string) {
	if err := json.Unmarshal(scopeFile, &s); err != nil {
		panic(err)
	}
	return s
}()

// reason says why a method is not offered, or "".
func reason(sdk, method string) string {
	resource, _, _ := strings.Cut(method, ".")
	if why := scope[sdk][resource]; why != "" {
		return why
	}
	return scope[sdk][method]
}

var matrix = filepath.Join("..", "..", "docs", "compatibility.md")

// checkMatrix compares docs/compatibility.md with what this run has seen. Every
// method of an SDK has to have worked and to have been refused, or to have a reason
// for not being offered.
func checkMatrix() error {
	all, err := recorded()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	var gaps []error
	page.WriteString(preamble)
	for _, sdk := range []struct {
		name, version string
		methods       func() ([]string, error)
	}{
		{nodeSDK, nodeVersion("node", nodeSDK), nodeMethods},
		{goSDK, "v2.7.0", goMethods},
		{expressSDK, nodeVersion("node", expressSDK), listed(expressMethods)},
		{cli, nodeVersion("cli", "clerk"), listed(cliMethods)},
	} {
		methods, err := sdk.methods()
		if err != nil {
			return err
		}
		fmt.Fprintf(&page, "\n## %s %s\n\n| method | result |\n|---|---|\n", sdk.name, sdk.version)
		for _, m := range methods {
			line, err := result(sdk.name, m, all)
			gaps = append(gaps, err)
			fmt.Fprintf(&page, "| `%s` | %s |\n", m, line)
		}
	}
	if err := errors.Join(gaps...); err != nil {
		return err
	}
	if *update {
		return os.WriteFile(matrix, page.Bytes(), 0o644) //nolint:gosec // documentation
	}
	kept, err := os.ReadFile(matrix)
	if err != nil || !bytes.Equal(kept, page.Bytes()) {
		return fmt.Errorf("docs/compatibility.md is not what this run has seen; run the tests in test/sdk with -update (%v)", err)
	}
	return nil
}

const preamble = `# Clerk's SDKs and Signet

Which methods of Clerk's official SDKs work against Signet. The tests in test/sdk
write this page: a method works if it was called with success and its refusals were
understood, on SQLite and on PostgreSQL, and every answer on the way was to the letter
what ` + "`/openapi.json`" + ` says. What is not offered has its reason; it answers with 404 or
405.
`

// result is one line of the matrix.
func result(sdk, method string, all []call) (string, error) {
	worked := false
	var refused []string
	for _, c := range all {
		switch {
		case c.SDK != sdk || c.Method != method:
		case c.Status < 400:
			worked = true
		case c.Code != "" && c.Code != "clerk_key_invalid" && !slices.Contains(refused, c.Code):
			refused = append(refused, c.Code)
		case !slices.Contains(refused, ""):
			refused = append(refused, "")
		}
	}
	why := reason(sdk, method)
	switch {
	case why != "" && worked:
		return "", fmt.Errorf("%s %s works, and scope.json says it is not offered", sdk, method)
	case why != "":
		return "not offered: " + why, nil
	case !worked:
		return "", fmt.Errorf("%s %s was never called with success", sdk, method)
	case len(refused) == 0 && sdk != cli:
		return "", fmt.Errorf("%s %s was never refused", sdk, method)
	}
	refused = slices.DeleteFunc(refused, func(code string) bool { return code == "" })
	if len(refused) == 0 {
		return "works", nil
	}
	slices.Sort(refused)
	return "works; refused with `" + strings.Join(refused, "`, `") + "`", nil
}

func listed(methods []string) func() ([]string, error) {
	return func() ([]string, error) { return methods, nil }
}

// goMethods lists the methods of the Go SDK, from its source.
func goMethods() ([]string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/clerk/clerk-sdk-go/v2").Output()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*", "client.go"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && isClient(f) && f.Name.IsExported() {
				all = append(all, filepath.Base(filepath.Dir(path))+"."+f.Name.Name)
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

// isClient reports whether a function is a method of *Client.
func isClient(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	pointer, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := pointer.X.(*ast.Ident)
	return ok && name.Name == "Client"
}

// nodeMethods lists the methods of the JavaScript SDK, as its client has them.
func nodeMethods() ([]string, error) {
	cmd := exec.Command("node", "methods.mjs")
	cmd.Dir = "node"
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the methods of %s: %w", nodeSDK, err)
	}
	return strings.Fields(string(out)), nil
}

func nodeVersion(dir, pkg string) string {
	var x struct{ Version string }
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", pkg, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &x)
	}
	if err != nil {
		return err.Error()
	}
	return x.Version
}
