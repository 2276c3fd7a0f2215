//go:build !unix

package credentials

import "io/fs"

// writableByOthers knows nothing: the mode does not say who may write the file here.
func writableByOthers(fs.FileMode) bool { return false }
