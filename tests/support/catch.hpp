// SPDX-License-Identifier: MIT
// The one door to Catch2: version 3, or version 2 where the distribution has that.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
