package sdk

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// A call is one method of an SDK, called once.
type call struct {
	SDK    string `json:"sdk"`
	Method string `json:"method"` // package or resource, and method
	Status int    `json:"status"`
	Code   string `json:"code"` // of the error that came back, or ""
}

// calls are those of the SDKs that this process runs. The others write lines to a
// file: see recordFile.
var calls struct {
	sync.Mutex
	all []call
}

func record(c call) {
	calls.Lock()
	defer calls.Unlock()
	calls.all = append(calls.all, c)
}

// recordFile is where programs that the tests start write their calls.
func recordFile() string { return filepath.Join(os.TempDir(), "signet-sdk-calls."+runID+".jsonl") }

// recorded are all calls so far.
func recorded() ([]call, error) {
	calls.Lock()
	all := slices.Clone(calls.all)
	calls.Unlock()
	f, err := os.Open(recordFile())
	if err != nil {
		return all, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, lines.Err()
}

const goSDK = "clerk-sdk-go"

// A recorder notes which method of the Go SDK each request comes from: the SDK
// sends requests in the goroutine that called it.
type recorder struct{}

// RoundTrip implements http.RoundTripper.
func (recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	method := sdkMethod()
	if err != nil || method == "" {
		return response, err
	}
	c := call{SDK: goSDK, Method: method, Status: response.StatusCode}
	if response.StatusCode >= http.StatusBadRequest {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		_ = response.Body.Close()
		response.Body = io.NopCloser(strings.NewReader(string(body)))
		var refused struct{ Errors []struct{ Code string } }
		if json.Unmarshal(body, &refused) == nil && len(refused.Errors) > 0 {
			c.Code = refused.Errors[0].Code
		}
	}
	record(c)
	return response, nil
}

// sdkMethod finds the outermost method of a Client of the SDK on the stack: one
// method may call another.
func sdkMethod() (method string) {
	stack := make([]uintptr, 64)
	frames := runtime.CallersFrames(stack[:runtime.Callers(0, stack)])
	for {
		frame, more := frames.Next()
		const module = "github.com/clerk/clerk-sdk-go/v2/"
		if rest, ok := strings.CutPrefix(frame.Function, module); ok {
			pkg, name, _ := strings.Cut(path.Base(rest), ".(*Client).")
			if name != "" && strings.ToUpper(name[:1]) == name[:1] {
				method = pkg + "." + name
			}
		}
		if !more {
			return method
		}
	}
}
