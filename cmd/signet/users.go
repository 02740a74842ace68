package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newUsers() *cobra.Command {
	return newGroup("users", "Manage the users", newUsersCreate())
}

func newUsersCreate() *cobra.Command {
	var n admin.NewUser
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a user",
		Long: `Create makes a user, who is known by an e-mail address, a user name or both. The
addresses count as verified.

Without --password the password is asked for, or read from the first line of the
standard input if that is not a terminal. Other users of the machine can see a
password on the command line.`,
		Example: `  signet users create --email ada@example.com --first-name Ada
  printf '%s' "$PASSWORD" | signet users create --username ada --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(n.EmailAddresses) == 0 && n.Username == "" {
				return errors.New("give the user an --email or a --username")
			}
			if !cmd.Flags().Changed("password") {
				var err error
				if n.Password, err = readPassword(cmd.InOrStdin(), cmd.ErrOrStderr()); err != nil {
					return failed(err)
				}
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				u, err := o.Admin.CreateUser(ctx, n)
				if err != nil {
					return err
				}
				return printUser(cmd.OutOrStdout(), u, asJSON)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&n.EmailAddresses, "email", nil, "e-mail `address`; may be repeated")
	flags.StringVar(&n.Username, "username", "", "user `name`")
	flags.StringVar(&n.FirstName, "first-name", "", "first `name`")
	flags.StringVar(&n.LastName, "last-name", "", "last `name`")
	flags.StringVar(&n.Password, "password", "", "`password`; by default it is asked for")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printUser(w io.Writer, u store.User, asJSON bool) error {
	addresses := make([]string, len(u.Emails))
	for i, e := range u.Emails {
		addresses[i] = e.Address
	}
	if asJSON {
		return printJSON(w, struct {
			ID             string   `json:"id"`
			EmailAddresses []string `json:"email_addresses"`
			Username       string   `json:"username"`
			FirstName      string   `json:"first_name"`
			LastName       string   `json:"last_name"`
		}{u.ID, addresses, u.Username, u.FirstName, u.LastName})
	}
	names := addresses
	if u.Username != "" {
		names = append(names, u.Username)
	}
	_, err := fmt.Fprintf(w, "Created %s, who signs in as %s.\n", u.ID, strings.Join(names, " or "))
	return err
}

// readPassword asks a person twice, or reads one line from a program.
func readPassword(in io.Reader, prompts io.Writer) (string, error) {
	lines := bufio.NewReader(in)
	f, ok := in.(*os.File)
	if !ok || !isTerminal(f) {
		password, err := readLine(lines)
		if err == nil && password == "" {
			err = errors.New("no password: give one on the standard input or with --password")
		}
		return password, err
	}
	var answers [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(prompts, prompt)
		echo(f, false)
		var err error
		answers[i], err = readLine(lines)
		echo(f, true)
		fmt.Fprintln(prompts)
		if err != nil {
			return "", err
		}
	}
	if answers[0] != answers[1] {
		return "", errors.New("the passwords differ")
	}
	return answers[0], nil
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// echo turns the echo of a terminal on or off. Where there is no stty, the
// password can be seen, which is no reason to refuse it.
func echo(terminal *os.File, on bool) {
	setting := "-echo"
	if on {
		setting = "echo"
	}
	stty := exec.Command("stty", setting)
	stty.Stdin = terminal
	_ = stty.Run()
}
