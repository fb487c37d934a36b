# For find_package(motepost): link motepost::motepost. Everything is found from here, so the folder may lie anywhere.
get_filename_component(_motepost_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET motepost::motepost)
    add_library(motepost::motepost STATIC IMPORTED)
    set_target_properties(motepost::motepost PROPERTIES
        IMPORTED_LOCATION "${_motepost_prefix}/lib/libmotepost.a"
        INTERFACE_INCLUDE_DIRECTORIES "${_motepost_prefix}/include")
endif()
unset(_motepost_prefix)
