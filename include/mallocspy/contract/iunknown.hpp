// SPDX-License-Identifier: MIT
// IUnknown: the root of every COM interface.
#pragma once

#include <mallocspy/contract/types.hpp>

#if defined(_WIN32)
#include <unknwn.h>
#endif

namespace mallocspy {

#if defined(_WIN32)
using ::IUnknown;
#else

// No virtual destructor, here or below: it would add two slots and break the order of the method table. Destructors are
// protected, so an object is destroyed only by itself, in the Release that returns 0.
// source: COM
class IUnknown {
public:
  // Slot 0. Asks for another interface of the same object.
  // effects: on success stores the interface, with one reference added, in *ppvObject; on failure stores a null pointer
  // returns: S_OK; E_NOINTERFACE; E_POINTER if ppvObject is null
  // threads: any
  virtual HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) = 0;

  // Slot 1. effects: adds one reference. returns: a count meant for diagnostics only. threads: any
  virtual ULONG STDMETHODCALLTYPE AddRef() = 0;

  // Slot 2. effects: takes one reference back; the object may be gone when it returns 0
  // returns: a count meant for diagnostics only. threads: any
  virtual ULONG STDMETHODCALLTYPE Release() = 0;

protected:
  ~IUnknown() = default;
};

#endif

} // namespace mallocspy
