package token

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/keyring"
)

func TestTickets(t *testing.T) {
	tickets, others := NewTickets(keyring.Generate()), NewTickets(keyring.Generate())
	in, invited := tickets.SignIn("sit_1"), tickets.Invitation("sit_1")
	if id, err := tickets.OpenSignIn(in); id != "sit_1" || err != nil {
		t.Errorf("opened as %q, %v", id, err)
	}
	if id, err := tickets.OpenInvitation(invited); id != "sit_1" || err != nil {
		t.Errorf("opened as %q, %v", id, err)
	}
	if in != tickets.SignIn("sit_1") || in == tickets.SignIn("sit_2") {
		t.Error("a ticket is not the id's alone")
	}
	for name, forged := range map[string]string{
		"empty": "", "not base64": "sit_1!", "with a line end": in + "\n", "cut": in[:len(in)-2], "changed": strings.ToLower(in),
		"of another kind": invited, "of another ring": others.SignIn("sit_1"), "long": strings.Repeat("A", 1<<20),
	} {
		if id, err := tickets.OpenSignIn(forged); err == nil {
			t.Errorf("%s: opened as %q", name, id)
		}
	}
}
