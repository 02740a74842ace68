package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// An asset is a file that pages load. Its name holds a hash of what it says, so
// that browsers need never ask for it again.
type asset struct {
	path        string
	contentType string
	content     []byte
}

var assets = map[string]asset{
	"signet.css": loadAsset("signet.css", "text/css; charset=utf-8"),
	"signet.svg": loadAsset("signet.svg", "image/svg+xml"),
}

func loadAsset(name, contentType string) asset {
	content, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	hash := sha256.Sum256(content)
	extension := path.Ext(name)
	return asset{
		path:        "/assets/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(hash[:8]) + extension,
		contentType: contentType,
		content:     content,
	}
}

func assetPath(name string) string { return assets[name].path }

// Assets serves what the pages load, for the pattern "GET /assets/".
func Assets() http.Handler {
	byPath := make(map[string]asset, len(assets))
	for _, a := range assets {
		byPath[a.path] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		a, ok := byPath[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.contentType)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
	})
}
