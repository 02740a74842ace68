package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const longKey = "sk_live_0123456789012345678901234567890"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c, err := Load(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Listen: "127.0.0.1:8080", DataDir: "data", Database: "data/signet.db", LogFormat: LogJSON, RememberDevices: DefaultRememberDevices}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
	if got, err := c.IssuerURL(); err != nil || got.String() != "http://127.0.0.1:8080" {
		t.Errorf("issuer %v, %v", got, err)
	}
	if got := c.At(&net.TCPAddr{IP: net.IPv6loopback, Port: 99}).Issuer; got != "http://127.0.0.1:99" {
		t.Errorf("issuer on another port: %s", got)
	}
	c, err = Load(Sources{Terminal: true, Environ: []string{"STATE_DIRECTORY=/var/lib/signet:/var/lib/other", "SIGNET_LISTEN="}})
	if err != nil || c.LogFormat != LogText || c.Database != "/var/lib/signet/signet.db" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestMailServer(t *testing.T) {
	for _, tt := range []struct {
		mail     Mail
		port     int
		security string
	}{
		{Mail{}, 587, "starttls"},
		{Mail{SMTPTLS: "tls"}, 465, "tls"},
		{Mail{SMTPTLS: "tls", SMTPPort: 26}, 26, "tls"},
		{Mail{SMTPTLS: "none", SMTPPort: 25}, 25, "none"},
	} {
		if port, security := tt.mail.SMTPAddress(); port != tt.port || security != tt.security {
			t.Errorf("%+v: %d, %s; want %d, %s", tt.mail, port, security, tt.port, tt.security)
		}
	}
}

func TestStrength(t *testing.T) {
	file := write(t, `listen = "127.0.0.1:1"`+"\n"+`log_level = "warn"`+"\n"+`issuer = "https://file.example"`+"\n"+`allow_http_issuer = true`)
	c, err := Load(Sources{
		Flags:   map[string]string{"listen": "127.0.0.1:3", "config": file},
		Environ: []string{"SIGNET_LISTEN=127.0.0.1:2", "SIGNET_ISSUER=https://variable.example", "SIGNET_CONFIG=/nowhere"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3" || c.Issuer != "https://variable.example" || c.LogLevel != slog.LevelWarn || !c.AllowHTTPIssuer {
		t.Errorf("got %+v", c)
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name string
		env  string // separated by spaces
		file string
		want string // part of the problem; "" for none
	}{
		{"nothing", "", "", ""},
		{"everything", "SIGNET_ISSUER=https://id.example SIGNET_SECRET_KEY=" + longKey + " SIGNET_DATABASE=postgres://u:p@h/d SIGNET_LOG_LEVEL=debug SIGNET_LOG_FORMAT=text", "", ""},
		{"variables of the tests", "SIGNET_TEST_POSTGRES=x", "", ""},
		{"misspelt variable", "SIGNET_DATABSE=x", "", "SIGNET_DATABSE is not a setting; did you mean SIGNET_DATABASE?"},
		{"unknown variable", "SIGNET_XYZZY_PLUGH=x", "", "SIGNET_XYZZY_PLUGH is not a setting"},
		{"no file for what is no secret", "SIGNET_LISTEN_FILE=x", "", "SIGNET_LISTEN_FILE is not a setting"},
		{"misspelt key", "", `isuer = "x"`, "isuer is not a setting; did you mean issuer?"},
		{"table", "", "[log]\nformat = 1", "log is not a setting"},
		{"number", "", "listen = 8080", "listen is not text in quotes"},
		{"quoted boolean", "", `allow_http_issuer = "true"`, "write true or false without them"},
		{"empty", "", `issuer = ""`, "issuer is empty"},
		{"not TOML", "", "\nsk_hidden", "line 2 is not valid TOML"},
		{"address without port", "SIGNET_LISTEN=localhost", "", "SIGNET_LISTEN is not an address with a port"},
		{"port out of range", "SIGNET_LISTEN=localhost:65536", "", "port"},
		{"slash", "SIGNET_ISSUER=https://a.example/", "", "ends with a slash"},
		{"path", "SIGNET_ISSUER=https://a.example/b", "", "has a path"},
		{"query", "SIGNET_ISSUER=https://a.example?b", "", "has a query"},
		{"fragment", "SIGNET_ISSUER=https://a.example#", "", "has a fragment"},
		{"user", "SIGNET_ISSUER=https://u@a.example", "", "has a user name"},
		{"scheme", "SIGNET_ISSUER=ftp://a.example", "", "does not begin with https://"},
		{"no host", "SIGNET_ISSUER=https://", "", "has no host"},
		{"capitals", "SIGNET_ISSUER=https://A.example", "", "small letters"},
		{"http", "SIGNET_ISSUER=http://a.example", "", "not a loopback host"},
		{"http allowed", "SIGNET_ISSUER=http://a.example SIGNET_ALLOW_HTTP_ISSUER=true", "", ""},
		{"localhost", "SIGNET_ISSUER=http://localhost:8080", "", ""},
		{"IPv6 loopback", "SIGNET_ISSUER=http://[::1]:8080", "", ""},
		{"every address", "SIGNET_LISTEN=0.0.0.0:8080", "", "cannot know its own"},
		{"every address, short", "SIGNET_LISTEN=:8080", "", "cannot know its own"},
		{"every address with issuer", "SIGNET_LISTEN=:8080 SIGNET_ISSUER=https://a.example", "", ""},
		{"address on the network", "SIGNET_LISTEN=192.0.2.1:8080", "", "not a loopback host"},
		{"not postgres", "SIGNET_DATABASE=mysql://h/d", "", "does not begin with postgres://"},
		{"unescaped password", "SIGNET_DATABASE=postgres://u:%zz@h/d", "", "is not a URL"},
		{"key prefix", "SIGNET_SECRET_KEY=pk_0123456789012", "", "does not begin with sk_"},
		{"short key", "SIGNET_SECRET_KEY=sk_01234567", "", "fewer than 12"},
		{"12 characters", "SIGNET_SECRET_KEY=sk_012345678", "", ""},
		{"short key under https", "SIGNET_SECRET_KEY=sk_012345678 SIGNET_ISSUER=https://a.example", "", "fewer than 32"},
		{"log format", "SIGNET_LOG_FORMAT=xml", "", "neither text nor json"},
		{"log level", "SIGNET_LOG_LEVEL=loud", "", "none of debug"},
		{"proxies", "SIGNET_TRUSTED_PROXIES=10.0.0.0/8,::1", "", ""},
		{"no proxies", "SIGNET_TRUSTED_PROXIES=10.0.0.0/99", "", "not a list of addresses"},
		{"mail", "SIGNET_SMTP_HOST=mail.example SIGNET_SMTP_PORT=25 SIGNET_SMTP_USER=u SIGNET_SMTP_PASSWORD=p SIGNET_MAIL_FROM=a@b.example", "", ""},
		{"mail on this machine", "SIGNET_SMTP_HOST=localhost SIGNET_SMTP_TLS=none", "", ""},
		{"mail over IPv6", "SIGNET_SMTP_HOST=::1 SIGNET_SMTP_TLS=none", "", ""},
		{"mail host with a port", "SIGNET_SMTP_HOST=mail.example:25", "", "its port is smtp_port"},
		{"mail port", "SIGNET_SMTP_HOST=mail.example SIGNET_SMTP_PORT=0", "", "not a number from 1"},
		{"mail without a host", "SIGNET_SMTP_PORT=25", "", "smtp_host is missing"},
		{"mail without a password", "SIGNET_SMTP_HOST=mail.example SIGNET_SMTP_USER=u", "", "belong together"},
		{"mail password in the clear", "SIGNET_SMTP_HOST=localhost SIGNET_SMTP_TLS=none SIGNET_SMTP_USER=u SIGNET_SMTP_PASSWORD=p", "", "in the clear"},
		{"mail in the clear", "SIGNET_SMTP_HOST=mail.example SIGNET_SMTP_TLS=none", "", "not a loopback host"},
		{"mail encryption", "SIGNET_SMTP_HOST=mail.example SIGNET_SMTP_TLS=ssl", "", "none of starttls"},
		{"days of a device", "SIGNET_REMEMBER_DEVICES=366", "", "is not a number of days from 0 to 365"},
		{"days before today", "SIGNET_REMEMBER_DEVICES=-1", "", "is not a number of days from 0 to 365"},
		{"mail sender", "SIGNET_MAIL_FROM=nobody", "", "is not an address"},
		{"breached passwords", "SIGNET_BREACHED_PASSWORDS_URL=https://api.pwnedpasswords.com/range/", "", ""},
		{"breached passwords in the clear", "SIGNET_BREACHED_PASSWORDS_URL=http://api.pwnedpasswords.com/range/", "", "not an https URL"},
		{"boolean", "SIGNET_ALLOW_HTTP_ISSUER=perhaps", "", "neither true nor false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Sources{Environ: strings.Fields(tt.env)}
			if tt.file != "" {
				s.Flags = map[string]string{"config": write(t, tt.file)}
			}
			_, err := Load(s)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no problem", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || len(err.(Problems)) != 1):
				t.Errorf("got %v, want one problem: %s", err, tt.want)
			}
		})
	}
}

func TestAllProblemsAtOnceWithoutSecrets(t *testing.T) {
	_, err := Load(Sources{
		Flags:   map[string]string{"log-level": "hidden1"},
		Environ: []string{"SIGNET_SECRET_KEY=hidden2", "SIGNET_DATABASE=mysql://u:hidden3@h", "SIGNET_LSTEN=hidden4", "SIGNET_ROOT_KEY_FILE=/nowhere"},
	})
	p, _ := err.(Problems)
	if len(p) != 6 { // the key has two
		t.Errorf("got %d problems:\n%v", len(p), err)
	}
	if strings.Contains(fmt.Sprint(err), "hidden") {
		t.Errorf("a value shows: %v", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	path := write(t, longKey+"\n")
	c, err := Load(Sources{Environ: []string{"SIGNET_SECRET_KEY_FILE=" + path}})
	if err != nil || string(c.SecretKey) != longKey {
		t.Errorf("got %v, %v", c.SecretKey, err)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("start", "key", c.SecretKey, "config", fmt.Sprintf("%+v %#v", c, c))
	if strings.Contains(b.String(), longKey) {
		t.Errorf("the log shows the key: %s", &b)
	}
	if _, err = Load(Sources{Environ: []string{"SIGNET_SECRET_KEY_FILE=" + path, "SIGNET_SECRET_KEY=" + longKey}}); err == nil {
		t.Error("two keys are no problem")
	}
}

func TestExampleMentionsEverySetting(t *testing.T) {
	const path = "../../signet.example.toml"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range Settings() {
		if !regexp.MustCompile(`(?m)^#` + set.Name + ` = `).Match(text) {
			t.Errorf("%s does not mention %s", path, set.Name)
		}
	}
	for name, text := range map[string]string{
		"as it is":  string(text),
		"all of it": regexp.MustCompile(`(?m)^#(\w+ = )`).ReplaceAllString(string(text), "$1"),
	} {
		if _, err := Load(Sources{Flags: map[string]string{"config": write(t, text)}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
