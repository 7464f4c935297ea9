# SPDX-License-Identifier: MIT
{ groups[NR % 97] = groups[NR % 97] $2 }
END { for (i = 0; i < 97; ++i) print i, length(groups[i]) }
