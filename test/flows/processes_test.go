package flows

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/pgtest"
)

// TestTwoProcessesOverOnePostgreSQL races one code across two running binaries.
func TestTwoProcessesOverOnePostgreSQL(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "signet")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/signet").CombinedOutput(); err != nil {
		t.Fatalf("building the binary: %v\n%s", err, out)
	}
	addresses := []string{freeAddress(t), freeAddress(t)}
	database := pgtest.URL(t)
	for _, address := range addresses {
		start(t, binary, []string{
			"SIGNET_LISTEN=" + address, "SIGNET_ISSUER=http://" + addresses[0], "SIGNET_DATABASE=" + database,
			"SIGNET_DATA_DIR=" + t.TempDir(), "SIGNET_SECRET_KEY=" + secretKey, "SIGNET_LOG_FORMAT=json",
			"SIGNET_ROOT_KEY=" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
		})
	}
	w := &world{issuer: "http://" + addresses[0], database: database}
	created := w.api(t, "POST", "/v1/users", map[string]any{"email_address": []string{"ada@example.com"}, "password": password})
	w.user, _ = created["id"].(string)
	c := w.createApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	config := w.oauth2(c)
	code := w.signInAndAllow(t, newPerson(t, w.issuer), config.AuthCodeURL("af0ifjsldkj")).Query().Get("code")

	var turn atomic.Int32
	won := 0
	for _, err := range together(50, func() error {
		node := *config
		node.Endpoint = oauth2.Endpoint{TokenURL: "http://" + addresses[turn.Add(1)%2] + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}
		_, err := node.Exchange(context.Background(), code)
		return err
	}) {
		if err == nil {
			won++
		} else if got, _ := refusedAs(err); got != "invalid_grant" {
			t.Errorf("a loser got %v, want invalid_grant", err)
		}
	}
	if won != 1 {
		t.Errorf("%d exchanges won, want 1", won)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// start runs "signet serve" and returns when it says that it serves.
func start(t *testing.T, binary string, environment []string) {
	t.Helper()
	command := exec.Command(binary, "serve")
	command.Env = append(os.Environ(), environment...)
	output, input := io.Pipe()
	command.Stdout, command.Stderr = input, input
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		command.Wait() // the status of one that was interrupted says nothing
		input.Close()
	}()
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		<-ended
	})
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "http://") {
			go io.Copy(io.Discard, output)
			return
		}
	}
	t.Fatalf("signet serve ended: %s", strings.Join(said, "\n"))
}
