//go:build unix

package credentials

import "io/fs"

// writableByOthers reports a file that its group or everybody may write.
func writableByOthers(mode fs.FileMode) bool { return mode.Perm()&0o022 != 0 }
