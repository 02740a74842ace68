package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/importer"
	"github.com/signet-auth/signet/internal/server"
)

func newImport() *cobra.Command {
	group := newGroup("import", "Bring users and OAuth applications from elsewhere", newImportClerk(), newImportFile("csv", importer.CSV), newImportFile("json", importer.JSON))
	group.Long = `Import reads what another system has exported. What is there already is left alone,
so an import that was interrupted is simply started again. With --dry-run nothing
is changed, and the report says what would be: who would be created, what is wrong
with which row, and which fields of those who are there already are otherwise here.`
	return group
}

// importFlags are what all imports have.
type importFlags struct {
	dryRun, json bool
	report       string
}

func (f *importFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and say what would be")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	flags.StringVar(&f.report, "report", "", "`file` for what became of each row, as JSON lines; by default those skipped are printed")
}

func newImportClerk() *cobra.Command {
	var f importFlags
	var file, api, key, secrets string
	var users bool
	cmd := &cobra.Command{
		Use:   "clerk",
		Short: "Bring users and OAuth applications from Clerk",
		Long: `Clerk reads the users that Clerk's dashboard exports as CSV, with their password
digests, and the OAuth applications from Clerk's Backend API. Ids of users and client
ids stay the same. Client secrets cannot be read: name those that you know in a CSV
file of client_id,client_secret; the other applications need a new one (signet apps
rotate-secret). Another Signet can be read the same way.`,
		Example: `  signet import clerk --csv users.csv --dry-run
  signet import clerk --csv users.csv --report outcome.jsonl
  CLERK_SECRET_KEY=sk_live_... signet import clerk --api-url https://api.clerk.com --secrets secrets.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if key == "" {
				key = os.Getenv("CLERK_SECRET_KEY")
			}
			switch {
			case file == "" && api == "":
				return errors.New("give a --csv file of users, or an --api-url to read from")
			case api != "" && key == "":
				return errors.New("give the --secret-key of the API, or set CLERK_SECRET_KEY")
			}
			known, err := readSecrets(secrets)
			if err != nil {
				return failed(err)
			}
			return f.run(cmd, func(ctx context.Context, o *server.Office, t *tally) error {
				from := importer.Clerk{URL: api, SecretKey: key, HTTP: &http.Client{Timeout: time.Minute}, Wait: importer.Wait}
				if file != "" {
					if err := importFile(ctx, o, file, func(r io.Reader) (importer.Source, error) { return importer.ClerkCSV(r) }, f.dryRun, t); err != nil {
						return err
					}
				}
				if api != "" && users {
					t.of = "users"
					if err := importer.Users(ctx, o.Admin, from.Users(ctx), f.dryRun, t.add); err != nil {
						return err
					}
				}
				if api != "" {
					t.of = "applications"
					return from.Applications(ctx, o.Admin, known, f.dryRun, t.add)
				}
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "csv", "", "`file` of users, as the dashboard exports it")
	flags.StringVar(&api, "api-url", "", "`URL` of a Backend API, such as https://api.clerk.com")
	flags.StringVar(&key, "secret-key", "", "`key` of it; by default CLERK_SECRET_KEY")
	flags.StringVar(&secrets, "secrets", "", "CSV `file` of client_id,client_secret")
	flags.BoolVar(&users, "users", false, "read users from the API too; their passwords are not to be had there")
	f.add(cmd)
	return cmd
}

func newImportFile(kind string, open func(io.Reader, importer.Mapping) (importer.Source, error)) *cobra.Command {
	var f importFlags
	var pairs []string
	cmd := &cobra.Command{
		Use:   kind + " FILE",
		Short: map[string]string{"csv": "Bring users from comma-separated values", "json": "Bring users from JSON"}[kind],
		Long: map[string]string{
			"csv":  "Csv reads users from a file whose first row names the fields. A list has '|' between\nits parts.",
			"json": "Json reads users from an array of objects, or from objects one after the other.",
		}[kind] + " The fields are " + fieldList() + ".\n--map says which field another name is, or leaves one out.",
		Example: "  signet import " + kind + " users." + kind + " --map mail=email_address --map phone= --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := importer.ParseMapping(pairs)
			if err != nil {
				return err
			}
			return f.run(cmd, func(ctx context.Context, o *server.Office, t *tally) error {
				return importFile(ctx, o, args[0], func(r io.Reader) (importer.Source, error) { return open(r, m) }, f.dryRun, t)
			})
		},
	}
	cmd.Flags().StringArrayVar(&pairs, "map", nil, "`theirs=ours`; may be repeated")
	f.add(cmd)
	return cmd
}

func fieldList() string {
	list := ""
	for i, name := range importer.Fields() {
		if i > 0 {
			list += ", "
			if i%5 == 0 {
				list += "\n"
			}
		}
		list += name
	}
	return list
}

func importFile(ctx context.Context, o *server.Office, name string, open func(io.Reader) (importer.Source, error), dryRun bool, t *tally) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	t.of, t.size, t.read = "users", info.Size(), &counter{r: file}
	source, err := open(bufio.NewReaderSize(t.read, 1<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return importer.Users(ctx, o.Admin, source, dryRun, t.add)
}

// run opens the office and the report, and prints the summary.
func (f *importFlags) run(cmd *cobra.Command, work func(context.Context, *server.Office, *tally) error) error {
	return withOffice(cmd, func(ctx context.Context, o *server.Office) (err error) {
		t := &tally{counts: map[string]map[importer.What]int{}, complaints: cmd.ErrOrStderr(), began: time.Now()}
		if file, ok := cmd.ErrOrStderr().(*os.File); ok && isTerminal(file) {
			t.bar = file
		}
		if f.report != "" {
			report, err := os.OpenFile(f.report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			buffered := bufio.NewWriter(report)
			t.report = json.NewEncoder(buffered)
			defer func() { err = errors.Join(err, buffered.Flush(), report.Close()) }()
		}
		err = work(ctx, o, t)
		t.end()
		return errors.Join(err, t.print(cmd.OutOrStdout(), f.dryRun, f.json))
	})
}

// A tally counts outcomes and tells how far the import has got.
type tally struct {
	of         string // what is brought now
	counts     map[string]map[importer.What]int
	report     *json.Encoder // of outcomes; nil for none
	complaints io.Writer     // about what is skipped, if there is no report
	complained int
	bar        io.Writer // nil without a terminal
	size       int64     // of the file
	read       *counter
	began      time.Time
	shown      time.Time
	wrong      error
}

// maxComplaints is how many rows are complained about without a report.
const maxComplaints = 20

func (t *tally) add(o importer.Outcome) {
	if t.counts[t.of] == nil {
		t.counts[t.of] = map[importer.What]int{}
	}
	t.counts[t.of][o.What]++
	switch {
	case t.report != nil:
		if err := t.report.Encode(o); err != nil {
			t.wrong = err
		}
	case o.Reason == "" && o.Differs == nil:
	case t.complained < maxComplaints:
		t.clear()
		fmt.Fprintf(t.complaints, "row %d (%s): %s\n", o.Row, o.Name, complaint(o))
	case t.complained == maxComplaints:
		t.clear()
		fmt.Fprintln(t.complaints, "... and more; --report has them all")
	}
	if o.Reason != "" || o.Differs != nil {
		t.complained++
	}
	if t.bar != nil && time.Since(t.shown) > 100*time.Millisecond {
		t.shown = time.Now()
		t.show()
	}
}

// complaint says in words what an operator may want to look at.
func complaint(o importer.Outcome) string {
	if o.Reason != "" {
		return o.Reason
	}
	return "there already, and stays with another " + strings.Join(o.Differs, ", ")
}

func (t *tally) show() {
	c := t.counts[t.of]
	done := c[importer.Created] + c[importer.Present] + c[importer.Skipped]
	fmt.Fprintf(t.bar, "\r\x1b[K%d %s, %.0f a second", done, t.of, float64(done)/time.Since(t.began).Seconds())
	if t.size > 0 && t.read != nil {
		const width = 30
		filled := int(width * t.read.n.Load() / t.size)
		fmt.Fprintf(t.bar, "  [%-*s] %d %%", width, bar(min(filled, width)), 100*t.read.n.Load()/t.size)
	}
}

func bar(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '#'
	}
	return string(b)
}

func (t *tally) clear() {
	if t.bar != nil {
		fmt.Fprint(t.bar, "\r\x1b[K")
	}
}

func (t *tally) end() { t.clear() }

func (t *tally) print(w io.Writer, dryRun, asJSON bool) error {
	if asJSON {
		return errors.Join(t.wrong, printJSON(w, struct {
			DryRun  bool                             `json:"dry_run"`
			Seconds float64                          `json:"seconds"`
			Counts  map[string]map[importer.What]int `json:"counts"`
		}{dryRun, time.Since(t.began).Seconds(), t.counts}))
	}
	made := "created"
	if dryRun {
		made = "would be created"
	}
	for _, of := range []string{"users", "applications"} {
		if c := t.counts[of]; c != nil {
			fmt.Fprintf(w, "%s: %d %s, %d there already, %d skipped\n", of, c[importer.Created], made, c[importer.Present], c[importer.Skipped])
		}
	}
	return t.wrong
}

// readSecrets reads client secrets by client id.
func readSecrets(name string) (map[string]string, error) {
	known := map[string]string{}
	if name == "" {
		return known, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := csv.NewReader(file)
	lines.FieldsPerRecord = 2
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return known, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		known[record[0]] = record[1]
	}
}
